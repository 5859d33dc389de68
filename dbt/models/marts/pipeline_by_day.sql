{{ config(materialized='incremental', incremental_strategy='delete+insert', unique_key='day') }}

with recursive bounds as (
    select
        {% if is_incremental() %}
        (
            select dateadd('day', -{{ var('hubspot_recounted_days') }}, max(day))
            from {{ this }}
        ) as first_day,
        {% else %}
        (select min(entered_at)::date from {{ ref('deal_stage_spans') }}) as first_day,
        {% endif %}
        greatest(
            (
                select max(settled_through) from {{ source('hubspot', '_freshness') }}
                where table_name = 'DEALS'
            ),
            (select max(changed_at) from {{ ref('stg_hubspot__deal_changes') }})
        )::date as last_day
),

days as (
    select first_day::date as day, last_day from bounds
    union all
    select dateadd('day', 1, day)::date, last_day from days where day < last_day
),

amounts as (
    {{ spans(ref('stg_hubspot__deal_changes'), 'amount') }}
),

standing as (
    select
        days.day,
        spans.stage_id,
        spans.deal_id,
        try_cast(amounts.value as number(38, 2)) as amount
    from days
    inner join {{ ref('deal_stage_spans') }} as spans
        on spans.entered_at < dateadd('day', 1, days.day)
        and coalesce(spans.left_at >= dateadd('day', 1, days.day), true)
    left join amounts
        on amounts.record_id = spans.deal_id
        and amounts.began_at < dateadd('day', 1, days.day)
        and coalesce(amounts.ended_at >= dateadd('day', 1, days.day), true)
)

select
    days.day,
    stages.pipeline_id,
    stages.pipeline,
    stages.stage_id,
    stages.stage,
    stages.is_closed,
    count(standing.deal_id) as deals,
    coalesce(sum(standing.amount), 0) as amount
from days
cross join {{ ref('stg_hubspot__deal_stages') }} as stages
left join standing on standing.day = days.day and standing.stage_id = stages.stage_id
group by
    days.day,
    stages.pipeline_id,
    stages.pipeline,
    stages.stage_id,
    stages.stage,
    stages.is_closed
