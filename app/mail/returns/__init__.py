"""What comes back from the world about our mail: reports, receipts of certified mail, answers of machines and of people.

It is read from a pipe, a Maildir or IMAP, recognised, matched to the delivery that it is about, and has its effect once.
Not for: sending (`app.mail.delivering`), or what a delivery was for.
Holds always: nothing is taken from its source before its row is committed; the same message twice changes nothing; only a
report that names a delivery's own address and calls that very address bad holds the address back.
"""
