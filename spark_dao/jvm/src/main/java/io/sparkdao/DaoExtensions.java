package io.sparkdao;

import java.util.function.Function;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.SparkSessionExtensions;
import org.apache.spark.sql.SparkSessionExtensionsProvider;
import scala.runtime.AbstractFunction1;
import scala.runtime.BoxedUnit;
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan;
import org.apache.spark.sql.catalyst.rules.Rule;

/**
 * What the jar adds to every Spark session by itself: Spark finds this class by its service loader, so that nobody has
 * to name it in {@code spark.sql.extensions}.
 */
public final class DaoExtensions implements SparkSessionExtensionsProvider {

  @Override
  public BoxedUnit apply(SparkSessionExtensions extensions) {
    ExecutorJars.complete();
    extensions.injectHintResolutionRule(rule(ReadRule::new));
    extensions.injectResolutionRule(rule(WriteRule::new));
    extensions.injectPostHocResolutionRule(rule(MissingObjects::new));
    extensions.injectPostHocResolutionRule(rule(session -> new DescribedTables()));
    extensions.injectPostHocResolutionRule(rule(session -> new RowLevelCommands()));
    return BoxedUnit.UNIT;
  }

  /** Tells whether reads of a session are resolved by {@link ReadRule}; where the jar came late they are not. */
  static boolean areInForce(org.apache.spark.sql.classic.SparkSession session) {
    return Scala.list(session.sessionState().analyzer().hintResolutionRules()).stream()
        .anyMatch(ReadRule.class::isInstance);
  }

  private static AbstractFunction1<SparkSession, Rule<LogicalPlan>> rule(
      Function<org.apache.spark.sql.classic.SparkSession, Rule<LogicalPlan>> make) {
    return new AbstractFunction1<>() {
      @Override
      public Rule<LogicalPlan> apply(SparkSession session) {
        return make.apply((org.apache.spark.sql.classic.SparkSession) session);
      }
    };
  }
}
