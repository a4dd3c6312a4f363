"""The pages of sharing consents: what a tenant authorised, what flows because of it, and the deeds that change it."""

from consents.admin.credentials import CredentialAdmin
from consents.admin.drift import ConsentImportAdmin, DriftAdmin
from consents.admin.objections import ObjectionAdmin
from consents.admin.pages import ConsentAdmin
from consents.admin.policy import ConsentPolicyAdmin
from consents.admin.steps import EndingStepAdmin
from consents.admin.subcontractors import SubcontractorNoticeAdmin

__all__ = [
    "ConsentAdmin",
    "ConsentImportAdmin",
    "ConsentPolicyAdmin",
    "CredentialAdmin",
    "DriftAdmin",
    "EndingStepAdmin",
    "ObjectionAdmin",
    "SubcontractorNoticeAdmin",
]
