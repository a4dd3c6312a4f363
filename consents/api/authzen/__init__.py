"""The same answers as an OpenID AuthZEN 1.0 policy decision point (Authorization API 1.0), one for each tenant.

How an AuthZEN request is understood:

    subject   {"type": "tenant", "id": "<the tenant's short name>"}, or whoever would send for it: {"type": "system" |
              "service" | "application", "id": …}; any system of the tenant may what the tenant may
    action    {"name": "share"}, or what it is in particular: "send", "transfer", "disclose" (W3C DPV, processing)
    resource  {"type": "flow" | "service" | "third_party", "id": "<code>", "properties": {"connection": …}?}
    context   {"at": …, "known_at": …}?

Another subject, action or type of resource is none that the tenant agreed to anything for: the decision is false. What
would have to be weighed and is not known (a member of `context` or of the resource's `properties`) is refused, for an
answer without it would be another one; the properties of subject and action are never weighed, and let pass.
"""
