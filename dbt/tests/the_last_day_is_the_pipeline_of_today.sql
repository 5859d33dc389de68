-- The last day of pipeline_by_day has the deals and amounts that the records have.
with last_day as (
    select stage_id, deals, amount
    from {{ ref('pipeline_by_day') }}
    qualify day = max(day) over ()
),

records as (
    select stage_id, count(*) as deals, coalesce(sum(amount), 0) as amount
    from {{ ref('stg_hubspot__deals') }}
    group by stage_id
)

select
    last_day.stage_id,
    last_day.deals,
    records.deals as deals_of_records,
    last_day.amount,
    records.amount as amount_of_records
from last_day
left join records on records.stage_id = last_day.stage_id
where last_day.deals <> coalesce(records.deals, 0)
    or last_day.amount <> coalesce(records.amount, 0)
