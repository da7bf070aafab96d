"""Other ways to the same activity scores, to measure ours against.

All three give one number per contact: the decayed points of its events under the rules of score `activity`, summed and
clamped to the score's range. Identities and merges are resolved; content is classified by the content map. None has
deduplication, machine traffic, derived events, caps, resets, group clamps, adjustments, inactivity, a ledger or a
history. Conditions that no rule of the default rule book has (campaign, dates of validity) are left out.

Each module has `write_scores`, which writes (contact_id, activity_score) to a parquet file.
"""
