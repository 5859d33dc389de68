-- Attribution gives each deal to one source: as many deals, as much money as there are.
with credited as (
    select sum(deals) as deals, sum(amount) as amount from {{ ref('first_touch_attribution') }}
),

records as (
    select count(*) as deals, coalesce(sum(amount), 0) as amount from {{ ref('stg_hubspot__deals') }}
)

select credited.deals, records.deals as deals_of_records, credited.amount, records.amount as amount_of_records
from credited
cross join records
where coalesce(credited.deals, 0) <> records.deals
    or coalesce(credited.amount, 0) <> records.amount
