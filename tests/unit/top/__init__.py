"""Tests of `jetson-agent top`: what it reads and what it draws."""
