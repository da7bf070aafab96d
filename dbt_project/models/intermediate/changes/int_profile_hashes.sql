-- One row per listed contact and per account: a hash of all that fit rules can read of it.
with contact_attributes as (
    select
        attributes.contact_id,
        {{ set_hash(row_hash(['attributes.attribute', 'attributes.value'])) }} as attributes_hash
    from {{ ref('stg_raw__contact_attributes') }} as attributes
    group by attributes.contact_id
),

account_attributes as (
    select
        attributes.account_id,
        {{ set_hash(row_hash(['attributes.attribute', 'attributes.value'])) }} as attributes_hash
    from {{ ref('stg_raw__account_attributes') }} as attributes
    group by attributes.account_id
),

profiles as (
    select
        'contact' as entity,
        contacts.contact_id as entity_id,
        {{ row_hash([
            'contacts.email', 'contacts.full_name', 'contacts.job_title', 'contacts.department', 'contacts.phone', 'contacts.country',
            'contacts.given_account_id', 'contacts.account_id', 'contacts.email_opt_out', 'contacts.created_at', 'contacts.updated_at',
            'contact_attributes.attributes_hash'
        ]) }} as row_hash
    from {{ ref('int_contacts') }} as contacts
    left join contact_attributes on contacts.contact_id = contact_attributes.contact_id
    union all
    select
        'account' as entity,
        accounts.account_id as entity_id,
        {{ row_hash([
            'accounts.account_name', 'accounts.domain', 'accounts.industry', 'accounts.employee_count', 'accounts.annual_revenue',
            'accounts.country', 'accounts.updated_at', 'account_attributes.attributes_hash'
        ]) }} as row_hash
    from {{ ref('stg_raw__accounts') }} as accounts
    left join account_attributes on accounts.account_id = account_attributes.account_id
)

select * from profiles
