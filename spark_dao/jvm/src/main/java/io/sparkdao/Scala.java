package io.sparkdao;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import scala.Option;
import scala.Tuple2;
import scala.collection.JavaConverters;
import scala.collection.immutable.Seq;

/** Converts between Java's and Scala's collections, so that no other class has to know how. */
final class Scala {
  private Scala() {}

  static <T> Seq<T> seq(List<? extends T> list) {
    return JavaConverters.asScalaBuffer(new ArrayList<T>(list)).toSeq();
  }

  static <T> List<T> list(scala.collection.Iterable<T> items) {
    return new ArrayList<>(JavaConverters.asJavaCollection(items));
  }

  static <K, V> scala.collection.immutable.Map<K, V> map(Map<K, V> map) {
    scala.collection.immutable.Map<K, V> result = scala.collection.immutable.Map$.MODULE$.empty();
    for (Map.Entry<K, V> entry : map.entrySet()) {
      result = (scala.collection.immutable.Map<K, V>) result.updated(entry.getKey(), entry.getValue());
    }
    return result;
  }

  static <K, V> Map<K, V> javaMap(scala.collection.Map<K, V> map) {
    Map<K, V> result = new LinkedHashMap<>();
    for (Tuple2<K, V> entry : JavaConverters.asJavaIterable(map)) {
      result.put(entry._1(), entry._2());
    }
    return result;
  }

  static <T> Option<T> option(T value) {
    return Option.apply(value);
  }

  static <T> Option<T> none() {
    return Option.empty();
  }
}
