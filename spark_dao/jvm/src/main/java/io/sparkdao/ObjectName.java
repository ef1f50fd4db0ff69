package io.sparkdao;

import java.util.Map;
import org.apache.spark.sql.connector.catalog.Identifier;
import org.apache.spark.sql.util.CaseInsensitiveStringMap;

/**
 * The name of a data object, in whichever door it was said.
 *
 * @param catalog the Spark catalog it belongs to, `dao` where nobody said otherwise
 * @param name {@code store.object}
 */
record ObjectName(String catalog, String name) {
  static final String DEFAULT_CATALOG = "dao";
  private static final String CATALOG_OPTION = "catalog";
  private static final String PATH_OPTION = "path";

  /** Reads the name out of the options of {@code format("dao")}. */
  static ObjectName of(Map<String, String> options) {
    CaseInsensitiveStringMap folded = new CaseInsensitiveStringMap(options);
    String name = folded.get(PATH_OPTION);
    if (name == null || name.isBlank()) {
      throw DaoErrors.analysis(
          "expected one data object's name, as in load(\"silver.users_clean\") or save(\"silver.users_clean\"),"
              + " found " + (folded.containsKey("paths") ? "several: " + folded.get("paths") : "none"));
    }
    return new ObjectName(folded.getOrDefault(CATALOG_OPTION, DEFAULT_CATALOG), name);
  }

  /** Reads the name out of a SQL identifier; {@code dao.`silver.users`} is {@code dao.silver.users}. */
  static ObjectName of(String catalog, Identifier identifier) {
    String[] parts = identifier.namespace();
    String store = parts.length == 0 ? "" : String.join(".", parts) + ".";
    return new ObjectName(catalog, store + identifier.name());
  }

  /** Tells whether an option names the object rather than saying how to read or write it. */
  static boolean isPartOfTheName(String option) {
    return option.equalsIgnoreCase(PATH_OPTION) || option.equalsIgnoreCase(CATALOG_OPTION);
  }
}
