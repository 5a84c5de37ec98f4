"""Payments from bank to bank: what a bank account is, days on which banks work, and the BACS file. Plain Python."""
