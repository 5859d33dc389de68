select
    id as deal_id,
    properties_dealname as deal_name,
    properties_dealstage as stage_id,
    properties_amount::number(38, 2) as amount,
    properties_closedate as closes_at,
    properties_hubspot_owner_id as owner_id,
    created_at,
    updated_at
from {{ source('hubspot', 'deals') }}
where _delete_kind is null
