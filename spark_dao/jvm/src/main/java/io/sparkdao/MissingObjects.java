package io.sparkdao;

import java.util.ArrayList;
import java.util.List;
import org.apache.spark.sql.catalyst.analysis.ResolvedIdentifier;
import org.apache.spark.sql.catalyst.analysis.UnresolvedRelation;
import org.apache.spark.sql.catalyst.analysis.UnresolvedTable;
import org.apache.spark.sql.catalyst.analysis.UnresolvedTableOrView;
import org.apache.spark.sql.catalyst.plans.logical.DropTable;
import org.apache.spark.sql.catalyst.plans.logical.InsertIntoStatement;
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan;
import org.apache.spark.sql.catalyst.plans.logical.V2WriteCommand;
import org.apache.spark.sql.catalyst.rules.Rule;
import org.apache.spark.sql.classic.SparkSession;
import org.apache.spark.sql.connector.catalog.CatalogManager;
import org.apache.spark.sql.connector.catalog.CatalogPlugin;
import org.apache.spark.sql.connector.catalog.Identifier;
import scala.collection.immutable.Seq;
import scala.runtime.AbstractFunction1;
import scala.runtime.BoxedUnit;

/**
 * Says of a name that Spark could not resolve what the resolver says of it, near misses among it.
 *
 * <p>{@link DaoCatalog#loadTable} cannot: Spark reads its {@code NoSuchTableException} as "not there", on which {@code
 * saveAsTable} and others rely, and reports {@code TABLE_OR_VIEW_NOT_FOUND} of its own. So this runs after resolution and
 * before that report.
 */
final class MissingObjects extends Rule<LogicalPlan> {
  private final SparkSession session;

  MissingObjects(SparkSession session) {
    this.session = session;
  }

  @Override
  public LogicalPlan apply(LogicalPlan plan) {
    plan.foreach(
        new AbstractFunction1<LogicalPlan, BoxedUnit>() {
          @Override
          public BoxedUnit apply(LogicalPlan node) {
            look(node);
            return BoxedUnit.UNIT;
          }
        });
    return plan;
  }

  private void look(LogicalPlan node) {
    if (node instanceof UnresolvedRelation relation) {
      refuse(relation.multipartIdentifier());
    } else if (node instanceof UnresolvedTable table) {
      refuse(table.multipartIdentifier());
    } else if (node instanceof UnresolvedTableOrView table) {
      refuse(table.multipartIdentifier());
    } else if (node instanceof InsertIntoStatement insert) {
      // The target of a write is no child of its node.
      look(insert.table());
    } else if (node instanceof V2WriteCommand command && command.table() instanceof UnresolvedRelation relation) {
      refuse(relation.multipartIdentifier());
    } else if (node instanceof DropTable drop
        && !drop.ifExists()
        && drop.child() instanceof ResolvedIdentifier name
        && name.catalog() instanceof DaoCatalog catalog) {
      refuse(catalog, name.identifier());
    }
  }

  private void refuse(Seq<String> name) {
    CatalogManager manager = session.sessionState().catalogManager();
    List<String> parts = Scala.list(name);
    CatalogPlugin catalog;
    List<String> namespace;
    if (parts.size() > 1 && manager.isCatalogRegistered(parts.get(0))) {
      catalog = manager.catalog(parts.get(0));
      namespace = parts.subList(1, parts.size() - 1);
    } else {
      catalog = manager.currentCatalog();
      namespace = parts.size() > 1 ? parts.subList(0, parts.size() - 1) : List.of(manager.currentNamespace());
    }
    if (catalog instanceof DaoCatalog dao) {
      refuse(dao, Identifier.of(new ArrayList<>(namespace).toArray(new String[0]), parts.get(parts.size() - 1)));
    }
  }

  private static void refuse(DaoCatalog catalog, Identifier identifier) {
    Description description = catalog.describe(catalog.object(identifier));
    if (!description.exists()) {
      throw DaoErrors.missing(description.message());
    }
  }
}
