-- One row per scoring date and member of an account, a contact that is not excluded: its rank by activity and what the
-- roll-up reads of it. Negative scores count as 0.
with grades as (
    select * from {{ ref('int_contact_grades') }}
    where not is_excluded and account_id is not null
),

titles as (
    select
        contacts.contact_id,
        titles.buying_role
    from {{ ref('int_contacts') }} as contacts
    inner join {{ ref('int_titles') }} as titles on contacts.job_title = titles.job_title
),

members as (
    select
        grades.as_of_date,
        grades.account_id,
        grades.contact_id,
        greatest(grades.activity_score, 0.0) as activity_score,
        grades.last_activity_date,
        grades.is_surging,
        titles.buying_role,
        {{ comparable('grades.activity_score') }} >= {{ var('engaged_min_score') }} as is_engaged,
        row_number() over (
            partition by grades.as_of_date, grades.account_id
            order by {{ comparable('grades.activity_score') }} desc, grades.contact_id
        ) as contact_rank
    from grades
    left join titles on grades.contact_id = titles.contact_id
)

select * from members
