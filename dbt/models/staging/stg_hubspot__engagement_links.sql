{% for engagement in var('hubspot_engagements') %}
select distinct from_id as engagement_id, to_id as contact_id, null::varchar as company_id
from {{ source('hubspot', engagement ~ '_contacts') }}
where _removed_at is null
union all
select distinct from_id, null::varchar, to_id
from {{ source('hubspot', engagement ~ '_companies') }}
where _removed_at is null
{% if not loop.last %}union all{% endif %}
{% endfor %}
