# Runs migrations of Rails under strong_migrations and prints what it finds, as JSON: { before, examples, checks }.
# `compare.mjs` runs it where the gem and Active Record can be loaded:
#   ruby strong-migrations.rb <folder of examples> <host> <port> <user>
# A finding stops a migration; here it is noted, and the migration goes on, so that each of its findings is seen.
require "json"
require "logger"
require "active_record"
require "pg"
require "strong_migrations"

unless ARGV.any?
  puts "strong_migrations #{StrongMigrations::VERSION} on Active Record #{ActiveRecord.version}"
  exit
end

FOLDER, HOST, PORT, USER = ARGV
SERVER = { adapter: "postgresql", host: HOST, port: PORT.to_i, username: USER }.freeze

# As its installer sets them.
StrongMigrations.lock_timeout = 10
StrongMigrations.statement_timeout = 3600
StrongMigrations.enable_check(:remove_index)
ActiveRecord::Migration.verbose = false

module Noted
  class << self
    attr_accessor :keys, :sql
  end

  def raise_error(key, **)
    Noted.keys << key.to_s if StrongMigrations.check_enabled?(key, version: version)
  end

  def warn(message)
    Noted.keys << "lock_timeout" if message.include?("lock timeout")
  end
end
StrongMigrations::Checker.prepend(Noted)
StrongMigrations::Adapters::AbstractAdapter.prepend(Module.new { def warn(message) = (Noted.keys << "lock_timeout" if message.include?("timeout")) })

ActiveSupport::Notifications.subscribe("sql.active_record") do |*, payload|
  sql = payload[:sql]
  is_own = payload[:name] == "SCHEMA" || sql.match?(/\A\s*(?:select|show|set|begin|commit|rollback|savepoint|release)\b/i)
  Noted.sql&.push(sql) unless is_own
end

# Active Record has the word since 8.1.
unless ActiveRecord::ConnectionAdapters::AbstractAdapter.method_defined?(:rename_schema)
  require "active_record/connection_adapters/postgresql_adapter"
  ActiveRecord::ConnectionAdapters::PostgreSQLAdapter.class_eval do
    def rename_schema(name, other) = execute("ALTER SCHEMA #{quote_schema_name(name)} RENAME TO #{quote_schema_name(other)}")
  end
end

def model(table) = Class.new(ActiveRecord::Base) { self.table_name = table }

# What each file of an example is in Rails; one that is not here has no other words there than `execute`.
WITHOUT_TRANSACTION = :without_transaction
TRANSLATED = {
  "backfill-in-migration" => {
    bad: { 2 => -> { model("users").update_all("name = trim(name)") } },
    good: { 2 => -> { model("users").where(id: 1..10_000).update_all("name = trim(name)") } },
  },
  "cascade-takes-along" => {
    good: { 2 => -> { execute "drop view names"; remove_column :users, :name } },
  },
  "char-type" => {
    bad: { 2 => -> { create_table(:countries, id: false) { |t| t.column :code, "char(2)", primary_key: true } } },
    good: {
      2 => -> {
        create_table(:countries, id: false) do |t|
          t.text :code, primary_key: true
          t.check_constraint "length(code) = 2"
        end
      },
    },
  },
  "column-alignment" => {
    bad: {
      2 => -> {
        create_table(:events, id: false) do |t|
          t.boolean :is_seen, null: false
          t.timestamptz :at, null: false
          t.boolean :is_read, null: false
          t.bigint :id, null: false
        end
      },
    },
    good: {
      2 => -> {
        create_table(:events, id: false) do |t|
          t.bigint :id, null: false
          t.timestamptz :at, null: false
          t.boolean :is_seen, null: false
          t.boolean :is_read, null: false
        end
      },
    },
  },
  "column-type-changed" => {
    bad: { 2 => -> { change_column :users, :code, :binary, using: "code::bytea" } },
    good: { 2 => -> { change_column :users, :code, :string, limit: 40; change_column :users, :code, :text } },
  },
  "concurrently-in-transaction" => {
    bad: { 2 => -> { add_index :users, :name, algorithm: :concurrently } },
    good: { 2 => [WITHOUT_TRANSACTION, -> { add_index :users, :name, algorithm: :concurrently }] },
  },
  "constraint-builds-index" => {
    bad: { 2 => -> { add_unique_constraint :users, :name, name: "users_name_key" } },
    good: {
      2 => [WITHOUT_TRANSACTION, -> { add_index :users, :name, unique: true, name: "users_name_key", algorithm: :concurrently }],
      3 => -> { add_unique_constraint :users, name: "users_name_key", using_index: "users_name_key" },
    },
  },
  "constraint-validates" => {
    bad: { 2 => -> { add_check_constraint :users, "length(name) < 100", name: "users_name_check" } },
    good: {
      2 => -> { add_check_constraint :users, "length(name) < 100", name: "users_name_check", validate: false },
      3 => -> { validate_check_constraint :users, name: "users_name_check" },
    },
  },
  "drop-column" => {
    bad: { 2 => -> { remove_column :users, :name } },
    good: { 2 => -> { add_column :users, :nickname, :text; remove_column :users, :nick, if_exists: true } },
  },
  "drop-constraint" => {
    bad: { 2 => -> { remove_unique_constraint :users, name: "users_email_key" } },
    good: {
      2 => -> {
        remove_check_constraint :users, name: "users_name_check"
        add_check_constraint :users, "length(name) < 200", name: "users_name_check", validate: false
      },
    },
  },
  "drop-database" => { good: { 2 => -> { drop_table :reports, if_exists: true } } },
  "drop-index-not-concurrent" => {
    bad: { 2 => -> { remove_index :users, name: "users_name_idx" } },
    good: {
      2 => [WITHOUT_TRANSACTION, -> { remove_index :users, name: "users_name_idx", algorithm: :concurrently }],
      3 => -> { remove_index :events, name: "events_at_idx" },
    },
  },
  "drop-not-null" => {
    bad: { 2 => -> { change_column_null :users, :email, true } },
    good: { 2 => -> { change_column_null :users, :name, true } },
  },
  "drop-schema" => {
    bad: { 2 => -> { drop_schema "app" } },
    good: { 2 => -> { drop_table "app.notes"; drop_schema "app" } },
  },
  "drop-table" => {
    bad: { 2 => -> { drop_table :users } },
    good: { 2 => -> { create_table :drafts; drop_table :drafts } },
  },
  "enum-created" => {
    bad: { 2 => -> { create_enum :color, %w[red green] } },
    good: { 2 => -> { create_table(:colors, id: false) { |t| t.text :name, primary_key: true } } },
  },
  "enum-value-order" => {
    bad: { 2 => -> { add_enum_value :size, "medium" } },
    good: { 2 => -> { add_enum_value :size, "medium", after: "small" } },
  },
  "exclusion-constraint" => {
    bad: { 2 => -> { add_exclusion_constraint :bookings, "during WITH &&", using: :gist, name: "bookings_no_overlap" } },
    good: {
      2 => -> {
        create_table(:bookings_v2, id: :bigint) do |t|
          t.column :during, :tstzrange, null: false
          t.exclusion_constraint "during WITH &&", using: :gist, name: "bookings_v2_no_overlap"
        end
      },
    },
  },
  "fails-in-transaction" => {
    bad: { 2 => -> { add_enum_value :color, "gray"; model("paints").where("color = 'grey'").update_all("color = 'gray'") } },
    good: {
      2 => -> { add_enum_value :color, "gray" },
      3 => -> { model("paints").where("color = 'grey'").update_all("color = 'gray'") },
    },
  },
  "foreign-key-validates" => {
    bad: { 2 => -> { add_foreign_key :orders, :users, name: "orders_user_id_fkey" } },
    good: {
      2 => -> { add_foreign_key :orders, :users, name: "orders_user_id_fkey", validate: false },
      3 => -> { validate_foreign_key :orders, name: "orders_user_id_fkey" },
    },
  },
  "foreign-key-without-index" => {
    bad: { 2 => -> { create_table(:sessions) { |t| t.references :user, null: false, index: false, foreign_key: { on_delete: :cascade } } } },
    good: { 2 => -> { create_table(:sessions) { |t| t.references :user, null: false, foreign_key: { on_delete: :cascade } } } },
  },
  "identifier-too-long" => {
    bad: {
      2 => -> { create_table(:a_name_that_goes_on_and_on_until_nobody_remembers_how_it_began_at_all, id: false) { |t| t.bigint :id } },
    },
    good: { 2 => -> { create_table(:a_shorter_name, id: false) { |t| t.bigint :id } } },
  },
  "index-not-concurrent" => {
    bad: { 2 => -> { add_index :users, :name } },
    good: { 2 => [WITHOUT_TRANSACTION, -> { add_index :users, :name, algorithm: :concurrently }] },
  },
  "integer-column" => {
    bad: { 2 => -> { create_table(:counters, id: false) { |t| t.integer :hits, null: false } } },
    good: { 2 => -> { create_table(:counters, id: false) { |t| t.bigint :hits, null: false } } },
  },
  "integer-key" => {
    bad: { 2 => -> { create_table :events, id: :integer } },
    good: { 2 => -> { create_table(:events) { |t| t.integer :day } } },
  },
  "json-column" => {
    bad: { 2 => -> { create_table(:events, id: false) { |t| t.json :details } } },
    good: { 2 => -> { create_table(:events, id: false) { |t| t.jsonb :details } } },
  },
  # Timeouts are settings of the gem.
  "lock-timeout-missing" => {
    bad: { 2 => -> { add_column :users, :country, :text }, timeouts: false },
    good: { 2 => -> { add_column :users, :country, :text } },
  },
  "statement-timeout-missing" => {
    bad: { 2 => -> { add_column :users, :country, :text }, timeouts: :lock },
    good: { 2 => -> { add_column :users, :country, :text } },
  },
  "naming-convention" => {
    bad: {
      2 => [
        WITHOUT_TRANSACTION,
        -> {
          create_table("Notes", id: false) { |t| t.bigint "noteId" }
          add_index :users, :email, name: "on_email", algorithm: :concurrently
        },
      ],
    },
    good: {
      2 => [
        WITHOUT_TRANSACTION,
        -> {
          create_table(:notes, id: false) { |t| t.bigint :note_id }
          add_index :users, %i[email name], name: "users_email_name_idx", algorithm: :concurrently
        },
      ],
    },
  },
  "not-idempotent" => {
    bad: { 2 => [WITHOUT_TRANSACTION, -> { add_index :users, :name, name: "users_name_idx", algorithm: :concurrently }] },
    good: {
      2 => [WITHOUT_TRANSACTION, -> { add_index :users, :name, name: "users_name_idx", algorithm: :concurrently, if_not_exists: true }],
    },
  },
  "not-null-validates" => {
    bad: { 2 => -> { change_column_null :users, :name, false } },
    good: {
      2 => -> { add_check_constraint :users, "name IS NOT NULL", name: "users_name_known", validate: false },
      3 => -> { validate_check_constraint :users, name: "users_name_known" },
      4 => -> { change_column_null :users, :name, false; remove_check_constraint :users, name: "users_name_known" },
    },
  },
  "primary-key-nullable" => {
    good: {
      2 => -> { add_check_constraint :codes, "code IS NOT NULL", name: "codes_code_known", validate: false },
      3 => -> { validate_check_constraint :codes, name: "codes_code_known" },
      4 => -> { change_column_null :codes, :code, false },
    },
  },
  "rename-column" => {
    bad: { 2 => -> { rename_column :users, :name, :display_name } },
    good: { 2 => -> { add_column :users, :display_name, :text } },
  },
  "rename-enum-value" => {
    bad: { 2 => -> { rename_enum_value :color, from: "grey", to: "gray" } },
    good: { 2 => -> { add_enum_value :color, "gray" } },
  },
  "rename-schema" => {
    bad: { 2 => -> { rename_schema "app", "core" } },
    good: { 2 => -> { create_schema "core" } },
  },
  "rename-table" => {
    bad: { 2 => -> { rename_table :users, :accounts } },
    good: { 2 => -> { rename_table :users, :accounts; execute "create view users as select * from accounts" } },
  },
  "required-column-added" => {
    bad: { 2 => -> { add_column :users, :country, :text, null: false } },
    good: { 2 => -> { add_column :users, :country, :text, null: false, default: "unknown" } },
  },
  "schema-unqualified" => {
    bad: { 2 => -> { create_table(:notes, id: false) { |t| t.text :body } } },
    good: { 2 => -> { create_table("public.notes", id: false) { |t| t.text :body } } },
  },
  "separate-alters" => {
    bad: {
      2 => -> {
        add_column :users, :token, :uuid, default: "gen_random_uuid()"
        add_column :users, :salt, :uuid, default: "gen_random_uuid()"
      },
    },
    good: {
      2 => -> {
        change_table(:users, bulk: true) do |t|
          t.column :token, :uuid, default: "gen_random_uuid()"
          t.column :salt, :uuid, default: "gen_random_uuid()"
        end
      },
    },
  },
  "serial-column" => { bad: { 2 => -> { create_table :events } } },
  "table-rewrite" => {
    bad: {
      2 => -> {
        add_column :users, :token, :uuid, default: "gen_random_uuid()"
        add_column :users, :number, :bigserial
      },
    },
    good: {
      2 => -> {
        add_column :users, :token, :uuid
        change_column_default :users, :token, -> { "gen_random_uuid()" }
        add_column :users, :created_at, :timestamptz, default: -> { "now()" }
      },
    },
  },
  "timestamp-without-time-zone" => {
    bad: { 2 => -> { create_table(:events, id: false) { |t| t.timestamp :at, null: false } } },
    good: { 2 => -> { create_table(:events, id: false) { |t| t.timestamptz :at, null: false } } },
  },
  "transaction-nesting" => {
    bad: { 2 => -> { begin_db_transaction; add_column :users, :country, :text; commit_db_transaction } },
    good: { 2 => -> { add_column :users, :country, :text } },
  },
  "truncate-cascade" => { good: { 2 => -> { truncate_tables "users", "sessions" } } },
  "truncate-table" => {
    bad: { 2 => -> { truncate "users" } },
    good: { 2 => -> { create_table(:staging, id: false) { |t| t.text :email }; truncate "staging" } },
  },
  "uncommitted-transaction" => {
    bad: { 2 => [WITHOUT_TRANSACTION, -> { begin_db_transaction; add_column :users, :country, :text }] },
    good: { 2 => [WITHOUT_TRANSACTION, -> { begin_db_transaction; add_column :users, :country, :text; commit_db_transaction }] },
  },
  "unique-on-existing" => {
    bad: {
      2 => [
        WITHOUT_TRANSACTION,
        -> {
          add_index :users, :name, unique: true, algorithm: :concurrently
          add_index :users, :nickname, unique: true, algorithm: :concurrently, name: "nicknames"
          add_index :users, :phone, unique: true, nulls_not_distinct: true, algorithm: :concurrently
        },
      ],
    },
    good: {
      2 => [WITHOUT_TRANSACTION, -> { add_index :users, %i[email name], unique: true, algorithm: :concurrently }],
      3 => [
        WITHOUT_TRANSACTION,
        -> {
          remove_unique_constraint :users, name: "users_email_key"
          add_index :users, %i[email id], unique: true, algorithm: :concurrently
        },
      ],
    },
  },
  "varchar-column" => {
    bad: { 2 => -> { create_table(:notes, id: false) { |t| t.string :body, limit: 500 } } },
    good: {
      2 => -> {
        create_table(:notes, id: false) do |t|
          t.text :body
          t.check_constraint "length(body) <= 500"
        end
      },
    },
  },
  "wide-index" => {
    bad: { 2 => [WITHOUT_TRANSACTION, -> { add_index :users, "name, email, id, lower(name)", algorithm: :concurrently }] },
    good: { 2 => [WITHOUT_TRANSACTION, -> { add_index :users, %i[name email], algorithm: :concurrently }] },
  },
  "work-after-lock" => {
    bad: {
      2 => -> { add_column :users, :country, :text; model("users").where("email like '%.de'").update_all(country: "DE") },
      3 => -> {
        execute "lock table users in share row exclusive mode"
        model("users").where("email like '%.fr'").update_all(country: "FR")
      },
    },
    good: {
      2 => -> { add_column :users, :country, :text },
      3 => -> { model("users").where("email like '%.de'").update_all(country: "DE") },
    },
  },
}.freeze

# Its own checks: for each, a migration in which it finds what it is for.
BEFORE = <<~SQL.freeze
  create schema app;
  create type color as enum ('grey');
  create table users (id bigint generated always as identity primary key, email text not null, name text, code varchar(20), size int, age int);
  create table orders (id bigint primary key, user_id bigint, total int, day daterange);
  alter table users add constraint users_code_check check (length(code) > 2);
  alter table users add constraint users_age_known check (age is not null);
  create index users_name_idx on users (name);
SQL
CHECKS = {
  "add_column_default" => -> { add_column :users, :token, :uuid, default: "gen_random_uuid()" },
  "add_column_default_callable" => -> { add_column :users, :at, :timestamptz, default: -> { "clock_timestamp()" } },
  "add_column_json" => -> { add_column :users, :details, :json },
  "add_column_generated_stored" => -> { add_column :users, :loud, :virtual, type: :text, as: "upper(name)", stored: true },
  "add_column_auto_incrementing" => -> { add_column :users, :number, :bigserial },
  "change_column" => -> { change_column :users, :size, :bigint },
  "change_column_with_not_null" => -> { change_column :users, :name, :string, null: false },
  "change_column_constraint" => -> { change_column :users, :code, :text },
  "remove_column" => -> { remove_column :users, :name },
  "rename_column" => -> { rename_column :users, :name, :display_name },
  "rename_enum_value" => -> { rename_enum_value :color, from: "grey", to: "gray" },
  "rename_schema" => -> { rename_schema "app", "core" },
  "rename_table" => -> { rename_table :users, :accounts },
  "add_reference" => -> { add_reference :users, :order, foreign_key: true },
  "add_index" => -> { add_index :users, :email },
  "remove_index" => -> { remove_index :users, name: "users_name_idx" },
  "add_index_columns" => [WITHOUT_TRANSACTION, -> { add_index :users, %i[email name code size], algorithm: :concurrently }],
  "change_table" => -> { change_table(:users) { |t| t.remove :name } },
  "create_table" => -> { create_table :users, force: :cascade },
  "execute" => -> { execute "alter table users drop column name" },
  "change_column_default" => -> { change_column_default :users, :name, "x" },
  "change_column_null" => -> { change_column_null :users, :age, false, 18 },
  "change_column_null_postgresql" => -> { change_column_null :users, :name, false },
  "add_foreign_key" => -> { add_foreign_key :orders, :users },
  "validate_foreign_key" => -> { add_foreign_key :orders, :users, validate: false; validate_foreign_key :orders, :users },
  "add_check_constraint" => -> { add_check_constraint :orders, "total > 0", name: "positive" },
  "validate_check_constraint" => -> {
    add_check_constraint :orders, "total > 0", name: "positive", validate: false
    validate_check_constraint :orders, name: "positive"
  },
  "add_exclusion_constraint" => -> { add_exclusion_constraint :orders, "day WITH &&", using: :gist },
  "add_unique_constraint" => -> { add_unique_constraint :users, :email },
}.freeze

$number = 0

def with_database(before)
  ActiveRecord::Base.establish_connection(SERVER.merge(database: "postgres"))
  name = "rails_#{Process.pid}_#{$number += 1}"
  ActiveRecord::Base.connection.execute("create database #{name}")
  ActiveRecord::Base.establish_connection(SERVER.merge(database: name))
  ActiveRecord::Base.connection.execute(before) unless before.strip.empty?
  yield
ensure
  ActiveRecord::Base.remove_connection
end

# Gives what the migration's calls are found to be, what was sent, and what PostgreSQL or Rails refused.
def migrate(body)
  is_free = body.is_a?(Array)
  work = is_free ? body.last : body
  migration = Class.new(ActiveRecord::Migration[ActiveRecord::Migration.current_version]) { define_method(:up, &work) }.new("Change", 1)
  Noted.keys = []
  Noted.sql = []
  refused = nil
  begin
    if is_free
      migration.migrate(:up)
    else
      ActiveRecord::Base.connection.transaction { migration.migrate(:up) }
    end
  rescue StandardError, NotImplementedError => error
    refused = error.message.lines.first.strip
  end
  { found: Noted.keys, sql: Noted.sql, refused: refused }
ensure
  Noted.sql = nil
end

def schema
  ActiveRecord::Base.connection.select_values(<<~SQL)
    select concat_ws(' ', 'column', c.relnamespace::regnamespace, c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attcollation)
    from pg_attribute a join pg_class c on c.oid = a.attrelid
    where a.attnum > 0 and not a.attisdropped and c.relkind in ('r', 'p', 'v') and c.relnamespace::regnamespace::text not in ('pg_catalog', 'information_schema')
    union all select concat_ws(' ', conrelid::regclass, pg_get_constraintdef(oid)) from pg_constraint where conrelid::regclass::text !~ '^(pg_|information)'
    union all select regexp_replace(indexdef, 'INDEX \\S+', 'INDEX') from pg_indexes where schemaname not in ('pg_catalog')
    union all select concat_ws(' ', t.typname, e.enumlabel, e.enumsortorder) from pg_enum e join pg_type t on t.oid = e.enumtypid
    order by 1
  SQL
rescue StandardError => error
  [error.message]
end

# What runs concurrently is sent by itself.
def in_steps(text) = text.match?(/concurrently/i) ? text.split(/;\s*$/).reject { |sql| sql.strip.empty? } : [text]

examples = []
Dir.children(FOLDER).sort.each do |code|
  %w[bad good].each do |kind|
    files = Dir.glob(File.join(FOLDER, code, kind, "*.sql")).sort
    translated = TRANSLATED.dig(code, kind.to_sym) || {}
    timeouts = translated.fetch(:timeouts, true)
    StrongMigrations.lock_timeout = timeouts ? 10 : nil
    StrongMigrations.statement_timeout = timeouts == true ? 3600 : nil
    before, changes = files.partition { |file| File.basename(file).start_with?("1_") }
    texts = before.map { |file| File.read(file) }.join("\n")
    found = []
    refused = []
    is_raw = false
    rails = with_database(texts) do
      changes.each do |file|
        number = File.basename(file).to_i
        is_raw ||= translated[number].nil?
        sql = File.read(file)
        one = migrate(translated[number] || [WITHOUT_TRANSACTION, -> { in_steps(sql).each { |one| execute one } }])
        found.concat(one[:found])
        refused << one[:refused] if one[:refused]
      end
      schema
    end
    plain = with_database(texts) do
      changes.each { |file| in_steps(File.read(file)).each { |sql| ActiveRecord::Base.connection.execute(sql) } rescue nil }
      schema
    end
    examples << { code: code, kind: kind, found: found.uniq.sort, isRaw: is_raw, refused: refused, differs: (rails - plain) + (plain - rails).map { |line| "not: #{line}" } }
  end
end

StrongMigrations.lock_timeout = 10
StrongMigrations.statement_timeout = 3600
checks = CHECKS.map do |name, body|
  ActiveRecord::Base.partial_inserts = name == "change_column_default"
  with_database(BEFORE) { { check: name }.merge(migrate(body)) }
end
puts JSON.generate({ before: BEFORE, examples: examples, checks: checks })
