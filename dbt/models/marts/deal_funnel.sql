with passed as (
    select
        stage_id,
        count(distinct deal_id) as deals_entered,
        count(distinct iff(is_present, null, deal_id)) as deals_left,
        avg(days) as average_days,
        median(days) as median_days
    from {{ ref('deal_stage_spans') }}
    group by stage_id
),

ever_won as (
    select distinct spans.deal_id
    from {{ ref('deal_stage_spans') }} as spans
    inner join {{ ref('stg_hubspot__deal_stages') }} as stages
        on stages.stage_id = spans.stage_id and stages.is_won
    where spans.is_present
),

won_later as (
    select spans.stage_id, count(distinct spans.deal_id) as deals_won
    from {{ ref('deal_stage_spans') }} as spans
    inner join ever_won on ever_won.deal_id = spans.deal_id
    group by spans.stage_id
),

present as (
    select stage_id, count(*) as deals_now, sum(amount) as amount_now
    from {{ ref('stg_hubspot__deals') }}
    group by stage_id
)

select
    stages.pipeline_id,
    stages.pipeline,
    stages.stage_id,
    stages.stage,
    stages.stage_order,
    stages.is_closed,
    stages.is_won,
    coalesce(passed.deals_entered, 0) as deals_entered,
    coalesce(passed.deals_left, 0) as deals_left,
    coalesce(won_later.deals_won, 0) as deals_won,
    coalesce(won_later.deals_won, 0) / nullif(passed.deals_entered, 0) as win_rate,
    passed.average_days,
    passed.median_days,
    coalesce(present.deals_now, 0) as deals_now,
    coalesce(present.amount_now, 0) as amount_now
from {{ ref('stg_hubspot__deal_stages') }} as stages
left join passed on passed.stage_id = stages.stage_id
left join won_later on won_later.stage_id = stages.stage_id
left join present on present.stage_id = stages.stage_id
where not stages.is_deleted or passed.deals_entered > 0 or present.deals_now > 0
