select
    history.id as record_id,
    history.property,
    history.value,
    history.changed_at
from {{ source('hubspot', 'deals_history') }} as history
inner join {{ ref('stg_hubspot__deals') }} as deals on deals.deal_id = history.id
where history.property in ('dealstage', 'amount')
