"""The pages of terms: policies, their wordings, who accepted which words; and of the employees whom they are for."""

from terms.admin.acceptance_imports import AcceptanceImportAdmin
from terms.admin.acceptances import AcceptanceAdmin
from terms.admin.employees import EmployeeAdmin
from terms.admin.groups import GroupAdmin
from terms.admin.policies import TermsPolicyAdmin
from terms.admin.revisions import TermsRevisionAdmin

__all__ = [
    "AcceptanceAdmin",
    "AcceptanceImportAdmin",
    "EmployeeAdmin",
    "GroupAdmin",
    "TermsPolicyAdmin",
    "TermsRevisionAdmin",
]
