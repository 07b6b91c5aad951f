create table notes (id int, body text, extra int);
create table letters (sent date) inherits (notes);
create table memos () inherits (notes);
create table old_memos () inherits (memos);
