package io.sparkdao;

import com.fasterxml.jackson.databind.node.ArrayNode;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.sql.connector.read.Scan;
import org.apache.spark.sql.connector.read.ScanBuilder;
import org.apache.spark.sql.connector.read.SupportsPushDownFilters;
import org.apache.spark.sql.connector.read.SupportsPushDownLimit;
import org.apache.spark.sql.connector.read.SupportsPushDownRequiredColumns;
import org.apache.spark.sql.sources.Filter;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;

/** Learns which columns and rows a query needs, so that no others are produced. */
final class StagedScanBuilder
    implements ScanBuilder, SupportsPushDownRequiredColumns, SupportsPushDownFilters, SupportsPushDownLimit {
  private final Planner planner;
  private final String name;
  private final ReadPlan plan;
  private final List<Filter> pushed = new ArrayList<>();
  private final ArrayNode conditions = Json.array(List.of());
  private StructType required;
  private int limit;

  StagedScanBuilder(Planner planner, String name, ReadPlan plan) {
    this.planner = planner;
    this.name = name;
    this.plan = plan;
    this.required = plan.schema();
  }

  /** Takes what can be said, and leaves all of it to be evaluated again: the interface may answer with a superset. */
  @Override
  public Filter[] pushFilters(Filter[] filters) {
    for (Filter filter : filters) {
      if (Filters.add(filter, plan.schema(), conditions)) {
        pushed.add(filter);
      }
    }
    return filters;
  }

  @Override
  public Filter[] pushedFilters() {
    return pushed.toArray(new Filter[0]);
  }

  @Override
  public void pruneColumns(StructType columns) {
    StructType whole = new StructType();
    for (StructField field : plan.schema().fields()) {
      if (List.of(columns.fieldNames()).contains(field.name())) {
        whole = whole.add(field);
      }
    }
    required = whole;
  }

  /** Spark asks only where no filter is left to evaluate, and takes the limit again: more rows may come. */
  @Override
  public boolean pushLimit(int rows) {
    limit = rows;
    return true;
  }

  @Override
  public boolean isPartiallyPushed() {
    return true;
  }

  @Override
  public Scan build() {
    return new StagedScan(planner, name, plan, required, conditions, pushed, limit);
  }
}
