select day, stage_id, count(*) as stages
from {{ ref('pipeline_by_day') }}
group by day, stage_id
having count(*) <> 1
