with reached as (
    select links.engagement_id, links.company_id
    from {{ ref('stg_hubspot__engagement_links') }} as links
    where links.company_id is not null
    union
    select links.engagement_id, companies.company_id
    from {{ ref('stg_hubspot__engagement_links') }} as links
    inner join {{ ref('stg_hubspot__contact_companies') }} as companies
        on companies.contact_id = links.contact_id
),

counted as (
    select
        reached.company_id,
        count(*) as engagements,
        {% for engagement in var('hubspot_engagements') %}
        count_if(engagements.engagement_type = '{{ engagement }}') as {{ engagement }},
        {% endfor %}
        max(engagements.occurred_at) as last_engaged_at
    from reached
    inner join {{ ref('stg_hubspot__engagements') }} as engagements
        on engagements.engagement_id = reached.engagement_id
    group by reached.company_id
),

people as (
    select company_id, count(*) as contacts
    from {{ ref('stg_hubspot__contact_companies') }}
    group by company_id
)

select
    companies.company_id,
    companies.company_name,
    coalesce(people.contacts, 0) as contacts,
    coalesce(counted.engagements, 0) as engagements,
    {% for engagement in var('hubspot_engagements') %}
    coalesce(counted.{{ engagement }}, 0) as {{ engagement }},
    {% endfor %}
    counted.last_engaged_at
from {{ ref('stg_hubspot__companies') }} as companies
left join people on people.company_id = companies.company_id
left join counted on counted.company_id = companies.company_id
