"""Tests on real parts: mosquitto, SQLite files, the model that ships."""
