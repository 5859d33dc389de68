select
    stages.id as stage_id,
    stages.label as stage,
    stages.pipeline_id,
    pipelines.label as pipeline,
    stages.display_order::int as stage_order,
    coalesce(stages.is_closed, false) as is_closed,
    coalesce(stages.is_closed, false) and stages.probability = 1 as is_won,
    stages._delete_kind is not null as is_deleted
from {{ source('hubspot', 'pipeline_stages') }} as stages
inner join {{ source('hubspot', 'pipelines') }} as pipelines
    on pipelines.object_type = stages.object_type and pipelines.id = stages.pipeline_id
where stages.object_type = 'deals'
