-- A live deal is in exactly one stage, that of the record: else the history has gaps or is not read.
select
    deals.deal_id,
    deals.stage_id,
    count(spans.span_id) as spans,
    min(spans.stage_id) as stage_of_history
from {{ ref('stg_hubspot__deals') }} as deals
left join {{ ref('deal_stage_spans') }} as spans
    on spans.deal_id = deals.deal_id and spans.is_present
where deals.stage_id is not null
group by deals.deal_id, deals.stage_id
having count(spans.span_id) <> 1 or min(spans.stage_id) <> deals.stage_id
