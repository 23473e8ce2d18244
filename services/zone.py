"""The zone (时区) of every county: China's, which has had one time without daylight saving."""

from datetime import timedelta, timezone

CHINA = timezone(timedelta(hours=8), "Asia/Shanghai")
