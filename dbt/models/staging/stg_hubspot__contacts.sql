select
    id as contact_id,
    properties_email as email,
    properties_firstname as first_name,
    properties_lastname as last_name,
    properties_lifecyclestage as lifecycle_stage,
    properties_hs_analytics_source as first_source,
    coalesce(properties_hs_analytics_first_timestamp, created_at) as first_touched_at,
    created_at,
    updated_at
from {{ source('hubspot', 'contacts') }}
where _delete_kind is null
