select
    id as company_id,
    properties_name as company_name,
    properties_domain as domain,
    properties_hubspot_owner_id as owner_id,
    created_at,
    updated_at
from {{ source('hubspot', 'companies') }}
where _delete_kind is null
