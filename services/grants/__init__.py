"""Role grants (角色授权): what a county changes of them, who may do something, and why."""

from services.grants.asking import who_can, why
from services.grants.rules import RoleRules, known_roles

__all__ = ["RoleRules", "known_roles", "who_can", "why"]
