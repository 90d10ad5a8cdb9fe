#include "worker/sql/catalog_constants.h"

#include <utility>

#include "worker/sql/catalog_filler.h"

namespace tarn::worker::sql {

Result<void> fill_constants(Connection& connection) {
  TARN_ASSIGN(CatalogFiller methods, CatalogFiller::begin(connection, "pg_am"));
  methods.row({{"oid", kHeap}, {"amname", "heap"}, {"amtype", "t"}});
  methods.row({{"oid", 403}, {"amname", "btree"}, {"amtype", "i"}});
  TARN_TRY(methods.end());
  TARN_ASSIGN(CatalogFiller collations, CatalogFiller::begin(connection, "pg_collation"));
  collations.row({{"oid", kDefaultCollation},
                  {"collname", "default"},
                  {"collnamespace", kPgCatalog},
                  {"collowner", kOwner},
                  {"collprovider", "d"},
                  {"collisdeterministic", true},
                  {"collencoding", -1}});
  collations.row({{"oid", kCCollation},
                  {"collname", "C"},
                  {"collnamespace", kPgCatalog},
                  {"collowner", kOwner},
                  {"collprovider", "c"},
                  {"collisdeterministic", true},
                  {"collencoding", -1},
                  {"collcollate", "C"},
                  {"collctype", "C"}});
  TARN_TRY(collations.end());
  for (std::string_view table : {"pg_authid", "pg_roles"}) {
    TARN_ASSIGN(CatalogFiller roles, CatalogFiller::begin(connection, table));
    roles.row({{"oid", kOwner},
               {"rolname", kRole},
               {"rolsuper", true},
               {"rolinherit", true},
               {"rolcreaterole", true},
               {"rolcreatedb", true},
               {"rolcanlogin", true},
               {"rolreplication", true},
               {"rolbypassrls", true},
               {"rolconnlimit", -1}});
    TARN_TRY(roles.end());
  }
  TARN_ASSIGN(CatalogFiller users, CatalogFiller::begin(connection, "pg_user"));
  users.row({{"usename", kRole},
             {"usesysid", kOwner},
             {"usecreatedb", true},
             {"usesuper", true},
             {"userepl", true},
             {"usebypassrls", true}});
  TARN_TRY(users.end());
  TARN_ASSIGN(CatalogFiller spaces, CatalogFiller::begin(connection, "pg_tablespace"));
  spaces.row({{"oid", 1663}, {"spcname", "pg_default"}, {"spcowner", kOwner}});
  spaces.row({{"oid", 1664}, {"spcname", "pg_global"}, {"spcowner", kOwner}});
  TARN_TRY(spaces.end());
  TARN_ASSIGN(CatalogFiller languages, CatalogFiller::begin(connection, "pg_language"));
  languages.row({{"oid", 14}, {"lanname", "sql"}, {"lanowner", kOwner}, {"lanpltrusted", true}});
  TARN_TRY(languages.end());
  TARN_ASSIGN(CatalogFiller settings, CatalogFiller::begin(connection, "pg_settings"));
  for (auto [name, value] : {std::pair{"max_index_keys", "32"},
                             {"server_version", "15.0"},
                             {"server_version_num", "150000"},
                             {"server_encoding", "UTF8"},
                             {"standard_conforming_strings", "on"},
                             {"integer_datetimes", "on"},
                             {"max_identifier_length", "63"}}) {
    settings.row(
        {{"name", name}, {"setting", value}, {"context", "internal"}, {"vartype", "string"}, {"source", "default"}});
  }
  return settings.end();
}

}  // namespace tarn::worker::sql
