// pgjdbc against a server whose port is the argument: prepared statements (text, then binary after the driver's
// threshold), fetchSize with two result sets open at once, maxRows, metadata, errors, cancel by timeout.
// Prints `ok CASE` or `not ok CASE: why`; and, for comparing servers, `value CASE TEXT` lines.
import java.math.BigDecimal;
import java.sql.*;
import java.util.Properties;

public class Jdbc {
  interface Check { void run() throws Exception; }

  static Connection connection;
  static boolean failed = false;

  static void check(String name, Check check) {
    try {
      check.run();
      System.out.println("ok " + name);
    } catch (Throwable error) {
      failed = true;
      System.out.println("not ok " + name + ": " + String.valueOf(error).replace('\n', ' '));
    }
  }
  static void that(boolean holds, String why) { if (!holds) throw new AssertionError(why); }

  // Each type's values, as the driver reads them, ten times: the driver goes from text to binary meanwhile.
  static void values(String type, String[] literals) throws Exception {
    try (PreparedStatement statement = connection.prepareStatement("select ?::" + type + " as v, cast(? as text) as t")) {
      for (String literal : literals) {
        String first = null;
        for (int round = 0; round < 10; ++round) {
          statement.setObject(1, literal, Types.OTHER);
          statement.setString(2, literal);
          try (ResultSet rows = statement.executeQuery()) {
            that(rows.next(), "no row");
            byte[] raw = type.equals("bytea") ? rows.getBytes(1) : null;
            String value = raw != null ? java.util.Arrays.toString(raw) : rows.getString(1);
            if (first == null) first = value;
            that(value.equals(first), literal + " in round " + round + ": " + value + ", before: " + first);
            that(rows.getString(2).equals(literal), "text " + literal + " came back as " + rows.getString(2));
          }
        }
        System.out.println("value " + type + " " + literal.replace('\n', ' ') + " -> " + first.replace('\n', ' '));
      }
    }
  }

  static void fetch_size() throws Exception {
    connection.setAutoCommit(false);
    try (PreparedStatement one = connection.prepareStatement("select g from generate_series(1, 2500) g");
         PreparedStatement two = connection.prepareStatement("select g * 2 from generate_series(1, 2500) g")) {
      one.setFetchSize(100);
      two.setFetchSize(7);
      try (ResultSet a = one.executeQuery(); ResultSet b = two.executeQuery()) {
        int rows = 0;
        while (a.next()) {
          that(b.next(), "the second ended first");
          that(b.getLong(1) == 2 * a.getLong(1), "row " + rows);
          ++rows;
        }
        that(!b.next() && rows == 2500, rows + " rows");
      }
    }
    connection.commit();
    connection.setAutoCommit(true);
  }

  static void max_rows() throws Exception {
    try (Statement statement = connection.createStatement()) {
      statement.setMaxRows(3);
      int rows = 0;
      for (ResultSet result = statement.executeQuery("select * from generate_series(1, 10) g"); result.next();) ++rows;
      that(rows == 3, rows + " rows");
    }
  }

  static void state(String sql, String expected) throws Exception {
    try (Statement statement = connection.createStatement()) {
      statement.executeQuery(sql);
      throw new AssertionError("no error: " + sql);
    } catch (SQLException error) {
      that(expected.equals(error.getSQLState()), sql + ": " + error.getSQLState() + " " + error.getMessage());
    }
  }

  static void timeout() throws Exception {
    try (Statement statement = connection.createStatement()) {
      statement.setQueryTimeout(1);
      statement.executeQuery("select count(*) from generate_series(1, 100000) a, generate_series(1, 1000000) b");
      throw new AssertionError("not cancelled");
    } catch (SQLException error) {
      that("57014".equals(error.getSQLState()), error.getSQLState() + " " + error.getMessage());
    }
    try (Statement statement = connection.createStatement(); ResultSet rows = statement.executeQuery("select 1")) {
      that(rows.next() && rows.getInt(1) == 1, "not usable");
    }
  }

  static void setters() throws Exception {
    String sql = "select ?, ?::numeric(10,2), ?, ?, ?, ?, ?::int";
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      for (int round = 0; round < 10; ++round) {
        statement.setLong(1, 1L << 40);
        statement.setBigDecimal(2, new BigDecimal("12.50"));
        statement.setBoolean(3, true);
        statement.setDouble(4, 0.1);
        statement.setBytes(5, new byte[] {0, -1});
        statement.setTimestamp(6, Timestamp.valueOf("2024-02-29 12:30:00.000005"));
        statement.setNull(7, Types.INTEGER);
        try (ResultSet rows = statement.executeQuery()) {
          that(rows.next(), "no row");
          that(rows.getLong(1) == 1L << 40 && rows.getBigDecimal(2).equals(new BigDecimal("12.50")), "numbers");
          that(rows.getBoolean(3) && rows.getDouble(4) == 0.1 && rows.getBytes(5)[1] == -1, "bool, double, bytes");
          that(rows.getTimestamp(6).equals(Timestamp.valueOf("2024-02-29 12:30:00.000005")), "timestamp " + rows.getTimestamp(6));
          rows.getInt(7);
          that(rows.wasNull(), "null");
        }
      }
    }
  }

  static void metadata() throws Exception {
    that(connection.getMetaData().getDatabaseMajorVersion() == 15, "version");
    try (PreparedStatement statement = connection.prepareStatement("select 1::int as a, 2.50::numeric(6,2) as b, 'x'::text as c")) {
      ResultSetMetaData columns = statement.getMetaData();
      that(columns.getColumnCount() == 3 && columns.getColumnName(2).equals("b"), "columns");
      that(columns.getPrecision(2) == 6 && columns.getScale(2) == 2, "numeric(" + columns.getPrecision(2) + "," + columns.getScale(2) + ")");
      that(columns.getColumnTypeName(1).equals("int4"), columns.getColumnTypeName(1));
    }
  }

  static void modes(String url) throws Exception {
    for (String mode : new String[] {"simple", "extended", "extendedForPrepared", "extendedCacheEverything"}) {
      Properties properties = new Properties();
      properties.setProperty("preferQueryMode", mode);
      try (Connection other = DriverManager.getConnection(url, properties);
           PreparedStatement statement = other.prepareStatement("select ?::int + 1")) {
        for (int round = 0; round < 7; ++round) {
          statement.setInt(1, round);
          try (ResultSet rows = statement.executeQuery()) { that(rows.next() && rows.getInt(1) == round + 1, mode); }
        }
      }
    }
  }

  public static void main(String[] arguments) throws Exception {
    String url = "jdbc:postgresql://127.0.0.1:" + arguments[0] + "/" + arguments[1] + "?user=check&sslmode=disable";
    connection = DriverManager.getConnection(url);
    check("values", () -> {
      values("boolean", new String[] {"true", "false"});
      values("int", new String[] {"0", "-2147483648", "2147483647"});
      values("bigint", new String[] {"-9223372036854775808", "9223372036854775807"});
      values("real", new String[] {"0.1", "1e-45", "3.4028235e38", "NaN"});
      values("float8", new String[] {"0.1", "1e23", "5e-324", "-Infinity", "123456.789"});
      values("numeric(10,2)", new String[] {"0.01", "-99999999.99"});
      values("numeric(38,10)", new String[] {"1234567890123456789012345678.0123456789"});
      values("text", new String[] {"x", "né€𝄞"});
      values("bytea", new String[] {"\\x00ff"});
      values("date", new String[] {"2024-02-29", "0001-01-01"});
      values("time", new String[] {"23:59:59.999999"});
      values("timestamp", new String[] {"2024-02-29 23:59:59.999999", "1969-12-31 23:59:59.5"});
      values("timestamptz", new String[] {"2024-07-01 12:00:00.25+02"});
      values("uuid", new String[] {"6f6ca563-c73b-4295-90fc-24266fcf4523"});
      values("json", new String[] {"{\"a\": [1, null]}"});
    });
    check("setters", Jdbc::setters);
    check("fetchSize, two result sets open at once", Jdbc::fetch_size);
    check("maxRows", Jdbc::max_rows);
    check("metadata", Jdbc::metadata);
    check("query modes", () -> modes(url));
    check("errors", () -> {
      state("selec 1", "42601");
      state("select * from nowhere", "42P01");
      state("select 1/0", "22012");
    });
    check("query timeout", Jdbc::timeout);
    System.exit(failed ? 1 : 0);
  }
}
