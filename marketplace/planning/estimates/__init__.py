"""Rules of the tools that people use by themselves before they ask the council. Pure: no web page, no database.

None of them decides anything: each answer is a first idea, and the page that shows it says so.
"""
