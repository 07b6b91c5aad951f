create table notes (id int);
create table letters (sent date, body text, extra int) inherits (notes);
create table memos () inherits (notes);
create table old_memos (body text) inherits (memos);
