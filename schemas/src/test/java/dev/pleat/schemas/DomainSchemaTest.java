package dev.pleat.schemas;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pleat.schemas.DomainSchema.IdFormat;
import dev.pleat.schemas.DomainSchema.View;
import dev.pleat.schemas.DomainSchemaTest.LampCommand.SwitchOff;
import dev.pleat.schemas.DomainSchemaTest.LampCommand.SwitchOn;
import dev.pleat.schemas.calculator.CalculatorSchema;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A domain's names have to fit together before anything runs. */
class DomainSchemaTest {

  sealed interface LampCommand {
    record SwitchOn(String lampId) implements LampCommand {}

    record SwitchOff(String lampId) implements LampCommand {}
  }

  sealed interface LampEvent {
    record SwitchedOn(String lampId) implements LampEvent {}
  }

  sealed interface AmbiguousEvent {
    record SwitchOn(String lampId) implements AmbiguousEvent {}
  }

  sealed interface ClassEvent permits NotARecord {}

  static final class NotARecord implements ClassEvent {}

  interface OpenEvent {}

  record Lamp(String lampId, boolean on) {}

  record Room(String roomId, int lamps) {}

  record VersionedLamp(String lampId, long version) {}

  @Test
  void takes_a_domain_that_fits_together() {
    DomainSchema<LampCommand, LampEvent> lamps = lamps(schema -> schema).build();

    assertEquals("lamps.commands", lamps.commandsTopic());
    assertEquals("lamps.events", lamps.eventsTopic());
    assertEquals("lamps.outcomes", lamps.outcomesTopic());
    assertEquals("lamps.dead-letters", lamps.deadLettersTopic());
    assertEquals(List.of("SwitchedOn"), lamps.events());
    assertEquals(
        List.of("SwitchOff", "SwitchOn"),
        lamps.actions().stream().map(DomainSchema.Action::name).toList());
    assertEquals(Optional.empty(), lamps.action("SwitchedOn"));
    assertEquals("rooms", lamps.view("rooms").orElseThrow().rowsStore());
  }

  @Test
  void names_the_topics_of_a_log_that_took_the_place_of_the_first() {
    DomainSchema<LampCommand, LampEvent> lamps = lamps(schema -> schema).build();
    DomainSchema<LampCommand, LampEvent> second = lamps.onLog(2);

    assertEquals("lamps.events.g2", second.eventsTopic());
    assertEquals("lamps.outcomes.g2", second.outcomesTopic());
    assertEquals("lamps.dead-letters.g2", second.deadLettersTopic());
    assertEquals("lamps.commands", second.commandsTopic());
    assertEquals("lamps.manifest", second.manifestTopic());
    assertEquals("lamps.views", second.viewsTopic());
    assertEquals("lamps.events.g3", second.onLog(3).eventsTopic());
    assertEquals("lamps.events", second.onLog(DomainSchema.FIRST_LOG).eventsTopic());
    assertEquals("lamps.events.g2", second.onLogs(Map.of("other", 7)).eventsTopic());
    assertEquals(lamps.actions(), second.actions());
    assertEquals(1, lamps.log());
  }

  @Test
  void a_view_is_made_from_the_logs_that_serve() {
    DomainSchema<LampCommand, LampEvent> lamps = lamps(schema -> schema).build();
    DomainSchema<Void, Void> derived =
        DomainSchema.ofViews("lamps", DomainSchemaTest.class)
            .derivedView("rooms", Room.class, "room-id", IdFormat.TEXT, lamps)
            .build();
    DomainSchema.View declared = derived.view("rooms").orElseThrow();

    DomainSchema<Void, Void> mapped = derived.onLogs(Map.of("lamps", 4));

    assertEquals("lamps.events", derived.sources(declared).getFirst().eventsTopic());
    assertEquals("lamps.events.g4", mapped.sources(declared).getFirst().eventsTopic());
    assertEquals(
        "lamps.events.g4",
        mapped.sources(mapped.view("rooms").orElseThrow()).getFirst().eventsTopic());
  }

  @Test
  void lets_every_action_be_refused_for_want_of_permission() {
    var action = lamps(schema -> schema).build().action("SwitchOn").orElseThrow();

    assertTrue(action.mayBeRejectedFor("no-bulb"));
    assertTrue(action.mayBeRejectedFor(DomainSchema.NOT_AUTHORISED));
    assertFalse(action.mayBeRejectedFor("out-of-oil"));
  }

  @Test
  void refuses_a_command_that_is_not_declared() {
    assertRefused(
        "SwitchOff is a command but not declared as an action",
        DomainSchema.of("lamps", LampCommand.class, LampEvent.class).action(SwitchOn.class));
  }

  @Test
  void refuses_one_name_for_a_command_and_an_event() {
    assertRefused(
        "SwitchOn is the name of a command and of an event",
        DomainSchema.of("lamps", LampCommand.class, AmbiguousEvent.class)
            .action(SwitchOn.class)
            .action(SwitchOff.class));
  }

  @Test
  void refuses_events_that_are_no_records_or_no_closed_list() {
    assertRefused(
        NotARecord.class + " is not a record",
        DomainSchema.of("lamps", LampCommand.class, ClassEvent.class)
            .action(SwitchOn.class)
            .action(SwitchOff.class));
    assertRefused(
        OpenEvent.class + " is not a sealed interface",
        DomainSchema.of("lamps", LampCommand.class, OpenEvent.class)
            .action(SwitchOn.class)
            .action(SwitchOff.class));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "Lamps", "7lamps", "lamps.of.mine", "lamps_1", "lämps", "a b"})
  void refuses_a_name_that_is_no_name_for_topics_and_routes(String name) {
    assertThrows(
        IllegalArgumentException.class,
        () ->
            DomainSchema.of(name, LampCommand.class, LampEvent.class)
                .action(SwitchOn.class)
                .action(SwitchOff.class)
                .build());
    assertRefused("view name " + name, lamps(schema -> schema.view(name, Lamp.class)));
  }

  @Test
  void refuses_a_view_whose_application_would_be_that_of_another_log() {
    assertRefused("view name log", lamps(schema -> schema.view("log", Lamp.class)));
  }

  @Test
  void refuses_a_row_that_has_a_version_of_its_own() {
    assertRefused(
        "the rows of versions have a component named version; the engine adds the aggregate's",
        lamps(schema -> schema.view("versions", VersionedLamp.class)));
  }

  @Test
  void refuses_a_route_to_nowhere() {
    assertRefused(
        "/ceilings/{lamp-id}: no view ceilings",
        lamps(schema -> schema.reads("/ceilings/{lamp-id}", "ceilings")));
  }

  @Test
  void refuses_a_route_whose_parameter_is_not_the_id() {
    assertRefused(
        "route /lamps/{id} must have just {lamp-id}",
        lamps(schema -> schema.updates("/lamps/{id}", SwitchOn.class)));
    assertRefused(
        "route /lamps must have just {lamp-id}", lamps(schema -> schema.reads("/lamps", "rooms")));
    assertRefused(
        "route /rooms/{room}/lamps/{lamp-id} must have just {lamp-id}",
        lamps(schema -> schema.updates("/rooms/{room}/lamps/{lamp-id}", SwitchOn.class)));
    assertRefused(
        "route /lamps/{lamp-id} must have no parameter",
        lamps(schema -> schema.creates("/lamps/{lamp-id}", SwitchOn.class)));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "lamps", "/", "/Lamps", "/lamps/", "/lamps//{lamp-id}", "/lamps?x"})
  void refuses_a_route_that_is_no_path(String path) {
    IllegalArgumentException refused =
        assertThrows(
            IllegalArgumentException.class,
            () -> lamps(schema -> schema.creates(path, SwitchOn.class)).build());
    assertTrue(refused.getMessage().startsWith("route " + path + " is not "), refused.getMessage());
  }

  @Test
  void knows_ids_by_their_normal_form() {
    DomainSchema<LampCommand, LampEvent> schema =
        lamps(
                lamps ->
                    lamps.identifiedBy(
                        "lamp-id", IdFormat.TEXT, id -> id.strip().toLowerCase(Locale.ROOT)))
            .build();

    assertEquals("hall", schema.aggregateId(" Hall "));
    assertEquals("Hall", lamps(lamps -> lamps).build().aggregateId("Hall"));
  }

  @Test
  void a_derived_view_is_keyed_by_a_field_of_its_rows() {
    DomainSchema<LampCommand, LampEvent> schema =
        lamps(
                lamps ->
                    lamps
                        .derivedView("by-room", Room.class, "room-id", IdFormat.TEXT)
                        .reads("/rooms/{room-id}", "by-room"))
            .build();
    View byRoom = schema.view("by-room").orElseThrow();

    assertEquals("room-id", schema.keyField(byRoom));
    assertEquals(IdFormat.TEXT, schema.keyFormat(byRoom));
    assertEquals("lamp-id", schema.keyField(schema.view("rooms").orElseThrow()));
    assertEquals(IdFormat.UUID, schema.keyFormat(schema.view("rooms").orElseThrow()));

    assertEquals(List.of(schema), schema.sources(byRoom));
    assertEquals("by-room-lamps-seen", byRoom.guard(schema).seenStore());
    assertEquals("rooms-seen", schema.view("rooms").orElseThrow().guard(schema).seenStore());
    assertTrue(schema.view("rooms").orElseThrow().isSeenInRows());
    assertFalse(byRoom.isSeenInRows(), "its rows are no aggregate's");
    assertFalse(
        lamps(lamps -> lamps.foundBy("rooms", "room", it -> it))
            .build()
            .view("rooms")
            .orElseThrow()
            .isSeenInRows(),
        "its index comes after the row");
    assertRefused(
        "the rows of by-room have no switch-id, which is their key",
        lamps(lamps -> lamps.derivedView("by-room", Lamp.class, "switch-id", IdFormat.UUID)));
  }

  @Test
  void a_domain_of_views_says_what_they_are_made_from() {
    DomainSchema<LampCommand, LampEvent> lamps = lamps(schema -> schema).build();

    assertFalse(overview(schema -> derived(schema, lamps)).build().takesCommands());
    assertRefused("rooms must say from which domains it is made", overview(it -> derived(it)));
    assertRefused(
        "rooms has no events of its own domain: derive it",
        overview(schema -> schema.view("rooms", Lamp.class)));
    assertRefused(
        "rooms: domain overview has no events",
        overview(schema -> derived(schema, overview(another -> derived(another, lamps)).build())));
  }

  @Test
  void refuses_two_views_that_would_share_stores() {
    assertRefused(
        "the views by-room and by-room-lamps would share stores: rename one",
        lamps(
            lamps ->
                lamps
                    .derivedView("by-room", Room.class, "room-id", IdFormat.TEXT)
                    .view("by-room-lamps", Lamp.class)));
  }

  private static DomainSchema.Builder<Void, Void> overview(
      UnaryOperator<DomainSchema.Builder<Void, Void>> more) {
    return more.apply(DomainSchema.ofViews("overview", DomainSchemaTest.class));
  }

  private static DomainSchema.Builder<Void, Void> derived(
      DomainSchema.Builder<Void, Void> schema, DomainSchema<?, ?>... sources) {
    return schema.derivedView("rooms", Lamp.class, "lamp-id", IdFormat.UUID, sources);
  }

  @Test
  void refuses_to_be_without_a_json_schema() {
    assertRefused(
        "there is no /lanterns/SwitchOff.schema.json on the class path: every action and view has"
            + " its JSON Schema",
        DomainSchema.of("lanterns", LampCommand.class, LampEvent.class)
            .action(SwitchOn.class)
            .action(SwitchOff.class));
  }

  @Test
  void refuses_a_file_that_is_no_json_schema() {
    IllegalArgumentException refused =
        assertThrows(
            IllegalArgumentException.class,
            () ->
                DomainSchema.of("broken-lamps", LampCommand.class, LampEvent.class)
                    .action(SwitchOn.class)
                    .action(SwitchOff.class)
                    .build());
    assertTrue(
        refused.getMessage().startsWith("/broken-lamps/SwitchOff.schema.json is not a JSON Schema"),
        refused.getMessage());
  }

  @Test
  void knows_which_keys_are_usable() {
    assertTrue(DomainSchema.isUsableAsKey("é".repeat(128)));
    assertFalse(DomainSchema.isUsableAsKey("é".repeat(128) + "x"));
    assertFalse(DomainSchema.isUsableAsKey(""));
    assertFalse(DomainSchema.isUsableAsKey("a\0b"));
    assertFalse(DomainSchema.isUsableAsKey("a\nb"));
    assertTrue(IdFormat.TEXT.accepts("any text"));
    assertTrue(IdFormat.UUID.accepts("d35e95f5-2a7a-4c31-8d28-2eb92643a154"));
    assertFalse(IdFormat.UUID.accepts("D35e95f5-2a7a-4c31-8d28-2eb92643a154"));
  }

  @Test
  void declares_the_routes_and_reasons_of_the_calculator() {
    assertEquals(
        List.of("/values", "/values/{value-id}", "/values/{value-id}"),
        CalculatorSchema.SCHEMA.routes().stream().map(DomainSchema.Route::path).toList());
    assertTrue(
        CalculatorSchema.SCHEMA
            .action("UpdateValue")
            .orElseThrow()
            .mayBeRejectedFor("result-out-of-range"));
  }

  private static DomainSchema.Builder<LampCommand, LampEvent> lamps(
      UnaryOperator<DomainSchema.Builder<LampCommand, LampEvent>> more) {
    return more.apply(
        DomainSchema.of("lamps", LampCommand.class, LampEvent.class)
            .identifiedBy("lamp-id", IdFormat.UUID)
            .action(SwitchOn.class, "no-bulb")
            .action(SwitchOff.class)
            .view("rooms", Lamp.class)
            .creates("/lamps", SwitchOn.class)
            .updates("/lamps/{lamp-id}/light", SwitchOn.class)
            .reads("/lamps/{lamp-id}", "rooms"));
  }

  private static void assertRefused(String why, DomainSchema.Builder<?, ?> schema) {
    assertEquals(why, assertThrows(IllegalArgumentException.class, schema::build).getMessage());
  }
}
