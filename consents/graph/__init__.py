"""What Microsoft Graph answers about sharing, read and compared with the register.

`reading` turns files or documents into observations (`observations`), one kind of record at a time (`kinds`); what
cannot be read is told with its place. `comparing` says where the observations and the register differ. Nothing here
writes to the database: that is `consents.services.imports`.

Secrets that such answers can hold (tokens, certificates, enrollment codes) are never looked at: a record becomes an
observation by naming the few properties that are taken.
"""
