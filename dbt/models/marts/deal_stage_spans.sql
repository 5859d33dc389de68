with spans as (
    {{ spans(ref('stg_hubspot__deal_changes'), 'dealstage') }}
)

select
    spans.record_id || ' ' || to_char(spans.began_at, 'YYYY-MM-DD HH24:MI:SS.FF3') as span_id,
    spans.record_id as deal_id,
    spans.value as stage_id,
    stages.stage,
    stages.pipeline_id,
    spans.began_at as entered_at,
    spans.ended_at as left_at,
    spans.ended_at is null as is_present,
    datediff('second', spans.began_at, spans.ended_at) / 86400 as days
from spans
left join {{ ref('stg_hubspot__deal_stages') }} as stages on stages.stage_id = spans.value
