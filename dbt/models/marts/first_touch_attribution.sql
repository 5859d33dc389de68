with first_contacts as (
    select
        links.deal_id,
        contacts.contact_id,
        contacts.first_source
    from {{ ref('stg_hubspot__deal_contacts') }} as links
    inner join {{ ref('stg_hubspot__contacts') }} as contacts
        on contacts.contact_id = links.contact_id
    qualify row_number() over (
        partition by links.deal_id
        order by contacts.first_touched_at, contacts.contact_id
    ) = 1
),

credited as (
    select
        deals.deal_id,
        deals.amount,
        coalesce(stages.is_won, false) as is_won,
        case
            when first_contacts.contact_id is null then 'NO_CONTACT'
            else coalesce(first_contacts.first_source, 'UNKNOWN')
        end as source
    from {{ ref('stg_hubspot__deals') }} as deals
    left join first_contacts on first_contacts.deal_id = deals.deal_id
    left join {{ ref('stg_hubspot__deal_stages') }} as stages on stages.stage_id = deals.stage_id
)

select
    source,
    count(*) as deals,
    coalesce(sum(amount), 0) as amount,
    count_if(is_won) as deals_won,
    coalesce(sum(iff(is_won, amount, 0)), 0) as amount_won
from credited
group by source
