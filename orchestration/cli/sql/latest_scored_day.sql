select max(as_of_date) as as_of_date
from marts.contact_scores
