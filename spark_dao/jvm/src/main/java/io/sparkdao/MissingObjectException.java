package io.sparkdao;

import org.apache.spark.sql.catalyst.analysis.NoSuchTableException;
import org.apache.spark.sql.connector.catalog.Identifier;

/** What Spark takes for a table that is not there, with the resolver's words where it shows it. */
final class MissingObjectException extends NoSuchTableException {
  private static final long serialVersionUID = 1L;

  private final String reason;

  MissingObjectException(Identifier identifier, String reason) {
    super(identifier);
    this.reason = reason;
  }

  @Override
  public String getMessage() {
    return reason == null ? super.getMessage() : reason;
  }
}
