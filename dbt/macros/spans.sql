{#- The times during which a property of a record had each of its values, one after the other. -#}
{% macro spans(changes, property) %}
    select
        record_id,
        value,
        changed_at as began_at,
        lead(changed_at) over (partition by record_id order by changed_at) as ended_at
    from (
        select
            record_id,
            value,
            changed_at,
            lag(value) over (partition by record_id order by changed_at) as former_value
        from {{ changes }}
        where property = '{{ property }}'
    )
    where former_value is null or value is distinct from former_value
{% endmacro %}
