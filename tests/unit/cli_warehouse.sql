-- A warehouse as small as it can be with every step that `explain` shows. As of 2026-06-30:
-- ada is capped, reset, decayed, clamped, adjusted and seen by a machine; bob is excluded; cyn and dan share an email.
create schema marts;
create schema intermediate;
create schema rule_book;

create table rule_book.scores as
from (values
    ('activity', 0.0::double, 100.0::double, 0.6::double, 'What they do'),
    ('fit', 0.0, 100.0, 0.4, 'Who they are'),
    ('product_interest', 0.0, 100.0, 0.0, 'What for')
) as t (score_id, floor, ceiling, lead_weight, description);

create table rule_book.score_groups as
from (values
    ('web', 'activity', -25.0::double, 25.0::double, 'Visits'),
    ('direct', 'activity', -25.0, 25.0, 'Requests'),
    ('silence', 'activity', -30.0, 0.0, 'Silence')
) as t (group_id, score_id, min_points, max_points, description);

create table rule_book.point_rules as
from (values
    ('pricing_view', 10.0::double, 'half_life', 14.0::double, true, 'Looked at prices (ours: +10)'),
    ('demo_request', 20.0, null, null, false, 'Asked for a demo (ours: +20)')
) as t (rule_id, points, decay, decay_days, counts_for_interest, description);

create table rule_book.inactivity_rules as
from (values
    ('silent_30_days', 'silence', 30, -5.0::double, true, 'Nothing heard for 30 days'),
    ('silent_60_days', 'silence', 60, -15.0, null, 'Nothing heard for 60 days'),
    ('silent_7_days', 'silence', 7, -99.0, false, 'Switched off')
) as t (rule_id, group_id, after_days, points, enabled, description);

create table rule_book.products as
from (values ('analytics', 'Analytics Suite')) as t (product_id, product_name);

create table rule_book.fit_criteria as
from (values ('job_title', 'contact', 60.0::double), ('industry', 'account', 40.0)) as t (criterion_id, entity, weight);

create table rule_book.title_weights as
from (values ('cto|chief technology officer', 'Runs technology (ours: 100)')) as t (title_pattern, description);

create table rule_book.fit_rules as
from (values
    ('studies', 'job_title', -10.0::double, 'Studies (ours: -10)'),
    ('core', 'industry', 25.0, 'Our industry (ours: 25)')
) as t (rule_id, criterion_id, points, description);

create table marts.contact_scores as
from (values
    (
        'ada', 'acme', 'Ada@Acme.example', 'Ada Acme', 'CTO', 'executive', 'decision_maker', date '2026-06-30',
        47.5::double, 60.0::double, 52.5::double, 1.0::double, 'B', '2', 'B2', false, 'hot', 'call this week',
        'analytics', 17.5::double, date '2026-06-30', 0, false, 'lead', false, null::varchar, true,
        'Asked for a demo 10 days ago +40.0'
    ),
    (
        'bob', null, 'bob@rival.example', 'Bob', null, null, null, date '2026-06-30', 0.0, 0.0, 0.0, 1.0, 'D', '1', 'D1',
        false, 'dead', null, null, null, date '2026-06-29', 1, false, null, true, 'competitor', false, null
    ),
    (
        'cyn', null, 'info@shared.example', 'Cyn', null, null, null, date '2026-06-30', 80.0, 55.0, 70.0, 1.0, 'B', '4',
        'B4', true, 'hot', 'call today', null, null, date '2026-06-01', 29, true, null, false, null, false, null
    ),
    (
        'dan', null, 'info@shared.example', 'Dan', null, null, null, date '2026-06-30', 0.0, 90.0, 36.0, 1.0, 'A', '1',
        'A1', false, 'cold', 'nurture', null, null, null, null, false, null, false, null, true, null
    )
) as t (
    contact_id, account_id, email, full_name, job_title, seniority, buying_role, as_of_date, activity_score, fit_score,
    lead_score, fit_completeness, fit_grade, activity_level, lead_grade, is_qualified, temperature, recommended_action,
    top_product_id, top_product_score, last_activity_date, days_since_last_activity, is_surging, stage_id, is_excluded,
    exclusion_reason, is_contactable, top_reasons
);

create table marts.custom_scores (contact_id varchar, score_id varchar, as_of_date date, score double, band varchar);

create table marts.account_scores as
from (values
    (
        'acme', 'Acme Ltd', date '2026-06-30', 28.5::double, 25.0::double, 'C2', false, 1, 1, 0.5::double, 'analytics',
        false
    )
) as t (
    account_id, account_name, as_of_date, account_activity_score, account_fit_score, account_grade, is_qualified,
    member_count, breadth, committee_coverage, top_product_id, is_surging
);

create table marts.score_ledger as
from (values
    ('ada', 'web', 'pricing_view', 'rule', date '2026-06-30', 'analytics', 3, 1, 1, 10.0::double, 10.0::double),
    ('ada', 'web', 'pricing_view', 'rule', date '2026-06-16', 'analytics', 1, 1, 1, 10.0, 5.0),
    ('ada', 'web', 'pricing_view', 'rule', date '2026-06-02', 'analytics', 1, 1, 1, 10.0, 2.5),
    ('ada', 'web', 'pricing_view', 'rule', date '2026-05-01', 'analytics', 1, 1, 0, 0.0, 0.0),
    ('ada', 'web', 'adjustment:a1', 'adjustment', date '2026-06-25', null, 1, 1, 1, 5.0, 5.0),
    ('ada', 'direct', 'demo_request', 'rule', date '2026-06-20', null, 2, 2, 2, 40.0, 40.0),
    ('bob', 'web', 'pricing_view', 'rule', date '2026-06-29', null, 2, 1, 0, 0.0, 0.0)
) as t (
    contact_id, group_id, rule_id, source, activity_date, product_id, hits, credited_hits, counted_hits, points,
    decayed_points
);

create table marts.fit_contributions as
from (values
    ('ada', 'job_title', 'cto|chief technology officer|studies', 'CTO', 100.0::double, 60.0::double, 50.0::double),
    ('ada', 'industry', 'core', 'Software', 25.0, 40.0, 10.0),
    ('bob', 'job_title', null, null, 0.0, 60.0, 0.0),
    ('bob', 'industry', 'core', 'Software', 25.0, 40.0, 10.0)
) as t (contact_id, criterion_id, rule_ids, attribute_value, criterion_points, weight, weighted_points);

create table marts.product_interest_scores as
from (values ('ada', 'analytics', 'Analytics Suite', 17.5::double, date '2026-06-30'))
as t (contact_id, product_id, product_name, score, last_activity_date);

create table marts.event_log as
from (values
    ('ada', 'scored', null::varchar, date '2026-06-30', false),
    ('ada', 'machine', 'click_burst', date '2026-06-29', false),
    ('ada', 'machine', 'click_burst', date '2026-07-01', false)
) as t (contact_id, outcome, machine_reason, activity_date, is_derived);

create table marts.threshold_crossings as
from (values
    (
        'x1', 'contact', 'ada', 'qualified_lead', null::varchar, 'up', date '2026-06-30', 40.0::double, 52.5::double,
        50.0::double, 'Hand over', 'activity'
    )
) as t (
    crossing_id, entity, entity_id, threshold_id, product_id, direction, as_of_date, score_before, score_after,
    threshold_value, action, cause
);

create table marts.score_history as
from (values
    (date '2026-06-29', 'ada', 35.0::double, 60.0::double, 40.0::double, 'B2', 'warm'),
    (date '2026-06-30', 'ada', 47.5, 60.0, 52.5, 'B2', 'hot')
) as t (as_of_date, contact_id, activity_score, fit_score, lead_score, lead_grade, temperature);

create table marts.scoring_days as from (values (date '2026-06-29'), (date '2026-06-30')) as t (as_of_date);

create table marts.event_outcomes as
from (values
    ('scored', 6), ('rejected', 1), ('duplicate', 1), ('waiting', 0), ('machine', 2), ('unmatched', 0)
) as t (outcome, events);

create table marts.rejected_rows as from (values ('events')) as t (source_table);

create table intermediate.int_contact_survivors as
from (values ('ada-old', 'ada')) as t (merged_contact_id, contact_id);

create table intermediate.int_contact_exclusions as
from (values ('bob', 'exclude_rivals')) as t (contact_id, rule_id);

create table intermediate.int_adjustments as
from (values ('a1', 5.0::double, date '2026-07-05', 'Met at a fair'))
as t (adjustment_id, points, in_force_to, reason);

create table intermediate.int_stage_entries as
from (values
    ('ada', 'lead', timestamp '2026-05-02 10:00:00', date '2026-05-02', true),
    ('ada', 'customer', timestamp '2026-07-02 10:00:00', date '2026-07-02', true)
) as t (contact_id, stage_id, entered_at, entered_date, resets_score);
