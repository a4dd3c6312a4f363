"""What all admin pages stand on: what is safe is what one gets without asking.

Permissions come from the roles' table. Nothing is edited in place, nothing deleted, no action runs over a selection:
writing is done by deeds (`deeds`), which leave their record. An object of another tenant is 404 as if it did not
exist; a deed that one's role does not allow is 403.

A page inherits from one of two `bases`, which are put together from one module each:
`permissions` (who may), `reach` (what exists for the reader), `lists`, `records` (an object's page), `doing` (the
pages of deeds), `telling` (history). What a page shows is made of `parts`, `columns` and `filters`.
"""
