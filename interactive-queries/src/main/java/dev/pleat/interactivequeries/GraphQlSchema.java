package dev.pleat.interactivequeries;

import dev.pleat.schemas.DomainSchema;
import graphql.Scalars;
import graphql.schema.GraphQLCodeRegistry;
import graphql.schema.GraphQLFieldDefinition;
import graphql.schema.GraphQLObjectType;
import graphql.schema.GraphQLSchema;
import java.util.ArrayList;
import java.util.List;

/** Makes the GraphQL schema of the domains that are served. */
final class GraphQlSchema {

  private static final String QUERY = "Query";
  private static final String MUTATION = "Mutation";
  private static final String SUBSCRIPTION = "Subscription";

  private GraphQlSchema() {}

  /** The schema, with what its fields are fetched with. */
  static GraphQLSchema of(
      List<DomainSchema<?, ?>> schemas, CommandIntake intake, ViewRoutes views, LiveRoutes live) {
    GraphQLCodeRegistry.Builder code = GraphQLCodeRegistry.newCodeRegistry();
    GraphQlNames typeNames =
        new GraphQlNames(
            QUERY,
            MUTATION,
            SUBSCRIPTION,
            "Int",
            "Float",
            "String",
            "Boolean",
            "ID",
            "Long",
            "JSON",
            "CommandStatus",
            "CommandOptions",
            "ChangeKind",
            "RecordedEvent");
    GraphQlTypes types = new GraphQlTypes(typeNames, code);
    GraphQlViews queries = new GraphQlViews(views, types, typeNames, code);
    GraphQlCommands mutations = new GraphQlCommands(intake, types, typeNames, code);
    GraphQlLive subscriptions = new GraphQlLive(live, queries, typeNames, code);
    GraphQlNames queryNames = new GraphQlNames();
    GraphQlNames mutationNames = new GraphQlNames();
    GraphQlNames subscriptionNames = new GraphQlNames();
    List<GraphQLFieldDefinition> asked = new ArrayList<>();
    List<GraphQLFieldDefinition> sent = new ArrayList<>();
    List<GraphQLFieldDefinition> followed = new ArrayList<>();
    for (DomainSchema<?, ?> schema : schemas) {
      asked.addAll(queries.queries(QUERY, queryNames, schema));
      followed.addAll(subscriptions.subscriptions(SUBSCRIPTION, subscriptionNames, schema));
      if (schema.takesCommands()) {
        sent.addAll(mutations.mutations(MUTATION, mutationNames, schema, queries::row));
      }
    }
    if (asked.isEmpty()) {
      // GraphQL wants at least one query.
      asked.add(
          GraphQLFieldDefinition.newFieldDefinition()
              .name("nothing")
              .description("There is no view.")
              .type(Scalars.GraphQLBoolean)
              .build());
    }
    GraphQLSchema.Builder schema = GraphQLSchema.newSchema().query(root(QUERY, asked));
    if (!sent.isEmpty()) {
      schema.mutation(root(MUTATION, sent));
    }
    if (!followed.isEmpty()) {
      schema.subscription(root(SUBSCRIPTION, followed));
    }
    return schema.codeRegistry(code.build()).build();
  }

  private static GraphQLObjectType root(String name, List<GraphQLFieldDefinition> fields) {
    return GraphQLObjectType.newObject().name(name).fields(fields).build();
  }
}
