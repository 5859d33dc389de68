select distinct
    links.from_id as contact_id,
    links.to_id as company_id
from {{ source('hubspot', 'contacts_companies') }} as links
inner join {{ ref('stg_hubspot__contacts') }} as contacts on contacts.contact_id = links.from_id
inner join {{ ref('stg_hubspot__companies') }} as companies on companies.company_id = links.to_id
where links._removed_at is null
