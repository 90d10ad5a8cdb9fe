#include "engine/settings_table.h"

#include <algorithm>

namespace tarn::engine {
namespace {

using enum SettingKind;

constexpr std::string_view kLevels = "debug5,debug4,debug3,debug2,debug1,log,notice,warning,error";

// Initial values are Postgres 15's, where ours do not differ by nature.
constexpr SettingInfo kSettings[] = {
    {"application_name", kAny, "", "Sets the application name to be reported in statistics and logs.", true},
    {"array_nulls", kBool, "on", "Enable input of NULL elements in arrays."},
    {"backslash_quote", kAny, "safe_encoding", "Sets whether \"\\'\" is allowed in string literals."},
    {"block_size", kFixed, "8192", "Shows the size of a disk block."},
    {"bytea_output", kOneOf, "hex", "Sets the output format for bytea.", false, "hex|escape"},
    {"check_function_bodies", kBool, "on", "Check routine bodies during CREATE FUNCTION and CREATE PROCEDURE."},
    {"client_encoding", kEncoding, "UTF8", "Sets the client's character set encoding.", true},
    {"client_min_messages", kOneOf, "notice", "Sets the message levels that are sent to the client.", false, kLevels},
    {"cursor_tuple_fraction", kAny, "0.1",
     "Sets the planner's estimate of the fraction of a cursor's rows that will be retrieved."},
    {"data_checksums", kFixed, "on", "Shows whether data checksums are turned on for this cluster."},
    {"DateStyle", kDateStyle, "ISO, MDY", "Sets the display format for date and time values.", true},
    {"default_table_access_method", kAny, "heap", "Sets the default table access method for new tables."},
    {"default_tablespace", kAny, "", "Sets the default tablespace to create tables and indexes in."},
    {"default_transaction_deferrable", kBool, "off", "Sets the default deferrable status of new transactions."},
    {"default_transaction_isolation", kOneOf, "read committed",
     "Sets the transaction isolation level of each new transaction.", false,
     "read uncommitted,read committed,repeatable read,serializable"},
    {"default_transaction_read_only", kBool, "off", "Sets the default read-only status of new transactions.", true},
    {"enable_hashjoin", kBool, "on", "Enables the planner's use of hash join plans."},
    {"enable_indexscan", kBool, "on", "Enables the planner's use of index-scan plans."},
    {"enable_mergejoin", kBool, "on", "Enables the planner's use of merge join plans."},
    {"enable_nestloop", kBool, "on", "Enables the planner's use of nested-loop join plans."},
    {"enable_seqscan", kBool, "on", "Enables the planner's use of sequential-scan plans."},
    {"escape_string_warning", kBool, "on", "Warn about backslash escapes in ordinary string literals."},
    {"extra_float_digits",
     kInt,
     "1",
     "Sets the number of digits displayed for floating-point values.",
     false,
     {},
     -15,
     3},
    {"geqo", kBool, "on", "Enables genetic query optimization."},
    {"idle_in_transaction_session_timeout", kDuration, "0",
     "Sets the maximum allowed idle time between queries, when in a transaction."},
    {"idle_session_timeout", kDuration, "0",
     "Sets the maximum allowed idle time between queries, when not in a transaction."},
    {"in_hot_standby", kFixed, "off", "Shows whether hot standby is currently active.", true},
    {"integer_datetimes", kFixed, "on", "Shows whether datetimes are integer based.", true},
    {"IntervalStyle", kOneOf, "postgres", "Sets the display format for interval values.", true,
     "postgres|postgres_verbose,sql_standard,iso_8601"},
    {"is_superuser", kFixed, "on", "Shows whether the current user is a superuser.", true},
    {"jit", kBool, "on", "Allow JIT compilation."},
    {"join_collapse_limit", kAny, "8", "Sets the FROM-list size beyond which JOIN constructs are not flattened."},
    {"lc_collate", kFixed, "C.UTF-8", "Shows the collation order locale."},
    {"lc_ctype", kFixed, "C.UTF-8", "Shows the character classification and case conversion locale."},
    {"lc_messages", kAny, "C.UTF-8", "Sets the language in which messages are displayed."},
    {"lc_monetary", kAny, "C.UTF-8", "Sets the locale for formatting monetary amounts."},
    {"lc_numeric", kAny, "C.UTF-8", "Sets the locale for formatting numbers."},
    {"lc_time", kAny, "C.UTF-8", "Sets the locale for formatting date and time values."},
    {"lock_timeout", kDuration, "0", "Sets the maximum allowed duration of any wait for a lock."},
    {"maintenance_work_mem", kAny, "64MB", "Sets the maximum memory to be used for maintenance operations."},
    {"max_connections", kFixed, "200", "Sets the maximum number of concurrent connections."},
    {"max_identifier_length", kFixed, "63", "Shows the maximum identifier length."},
    {"max_index_keys", kFixed, "32", "Shows the maximum number of index keys."},
    {"max_parallel_workers_per_gather", kAny, "2", "Sets the maximum number of parallel processes per executor node."},
    {"password_encryption", kFixed, "scram-sha-256", "Chooses the algorithm for encrypting passwords."},
    {"plan_cache_mode", kAny, "auto", "Controls the planner's selection of custom or generic plan."},
    {"quote_all_identifiers", kBool, "off", "When generating SQL fragments, quote all identifiers."},
    {"random_page_cost", kAny, "4", "Sets the planner's estimate of the cost of a nonsequentially fetched disk page."},
    {"role", kAny, "none", "Sets the current role."},
    {"row_security", kBool, "on", "Enable row security."},
    {"search_path", kNames, "\"$user\", public",
     "Sets the schema search order for names that are not schema-qualified."},
    {"server_encoding", kFixed, "UTF8", "Shows the server (database) character set encoding.", true},
    {"server_version", kFixed, "15.0", "Shows the server version.", true},
    {"server_version_num", kFixed, "150000", "Shows the server version as an integer."},
    {"session_authorization", kFixed, "", "Sets the session user name.", true},
    {"ssl", kFixed, "off", "Enables SSL connections."},
    {"standard_conforming_strings", kOneOf, "on", "Causes '...' strings to treat backslashes literally.", true,
     "on|off"},
    {"statement_timeout", kDuration, "0", "Sets the maximum allowed duration of any statement."},
    {"synchronize_seqscans", kBool, "on", "Enable synchronized sequential scans."},
    {"synchronous_commit", kAny, "on", "Sets the current transaction's synchronization level."},
    {"TimeZone", kTimeZone, "UTC", "Sets the time zone for displaying and interpreting time stamps.", true},
    {"timezone_abbreviations", kAny, "Default", "Selects a file of time zone abbreviations."},
    {"transaction_deferrable", kBool, "off", "Whether to defer a read-only serializable transaction."},
    {"transaction_isolation", kOneOf, "read committed", "Sets the current transaction's isolation level.", false,
     "read uncommitted,read committed,repeatable read,serializable"},
    {"transaction_read_only", kBool, "off", "Sets the current transaction's read-only status."},
    {"work_mem", kAny, "4MB", "Sets the maximum memory to be used for query workspaces."},
    {"xmloption", kOneOf, "content", "Sets whether XML data is to be considered as documents or content fragments.",
     false, "content,document"},
};

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

bool same_name(std::string_view left, std::string_view right) {
  return std::ranges::equal(left, right, {}, lower, lower);
}

}  // namespace

std::span<const SettingInfo> setting_table() { return kSettings; }

const SettingInfo* find_setting(std::string_view name) {
  for (const SettingInfo& info : kSettings) {
    if (same_name(info.name, name)) return &info;
  }
  return nullptr;
}

}  // namespace tarn::engine
