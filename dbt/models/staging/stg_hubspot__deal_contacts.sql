select distinct
    links.from_id as deal_id,
    links.to_id as contact_id
from {{ source('hubspot', 'deals_contacts') }} as links
inner join {{ ref('stg_hubspot__deals') }} as deals on deals.deal_id = links.from_id
inner join {{ ref('stg_hubspot__contacts') }} as contacts on contacts.contact_id = links.to_id
where links._removed_at is null
