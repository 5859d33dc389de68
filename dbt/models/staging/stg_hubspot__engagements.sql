{% for engagement in var('hubspot_engagements') %}
select
    id as engagement_id,
    '{{ engagement }}' as engagement_type,
    properties_hubspot_owner_id as owner_id,
    coalesce(properties_hs_timestamp, created_at) as occurred_at
from {{ source('hubspot', engagement) }}
where _delete_kind is null
{% if not loop.last %}union all{% endif %}
{% endfor %}
