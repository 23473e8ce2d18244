"""The peers (同场的对手): each a server of its own, written as its own manual would have it.

All read the same database as the same role, set the same county for each request, and prove the
same tokens once.
"""
