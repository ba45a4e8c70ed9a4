"""Losses: functions of an output and a target, and modules that keep their settings."""
