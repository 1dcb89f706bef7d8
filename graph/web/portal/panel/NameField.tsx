import type { RefObject } from "react";
import { Button, FieldError, Input, Label, Text, TextField } from "react-aria-components";

import type { BrokenRule } from "./save";
import { useWords } from "./useWords";

interface NameFieldProps {
  readonly name: string;
  readonly onChange: (name: string) => void;
  /** Called on Enter. */
  readonly onSubmit: () => void;
  readonly broken: readonly BrokenRule[];
  readonly isMissing?: boolean;
  readonly isReadOnly?: boolean;
  readonly inputRef?: RefObject<HTMLInputElement | null>;
  readonly onOpen?: ((groupId: string) => void) | undefined;
}

/** The name of the group, with the rules that it breaks. */
export function NameField(props: NameFieldProps) {
  const words = useWords();
  const messages = [...(props.isMissing ? [words.nameMissing] : []), ...props.broken.map((one) => one.message)];
  const taken = props.broken.find((one) => one.__typename === "NameTaken");
  return (
    <TextField
      className="field"
      value={props.name}
      onChange={props.onChange}
      isRequired
      isReadOnly={props.isReadOnly ?? false}
      isInvalid={messages.length > 0}
      validationBehavior="aria"
      onKeyDown={(event) => {
        if (event.key === "Enter") {
          props.onSubmit();
        }
      }}
    >
      <Label>{words.name}</Label>
      <Input ref={props.inputRef ?? null} className="input" autoComplete="off" />
      <Text slot="description" className="field-hint">
        {words.nameHint}
      </Text>
      <FieldError className="violation">{messages.join(" ")}</FieldError>
      {taken?.__typename === "NameTaken" && props.onOpen && (
        <Button className="button small" onPress={() => props.onOpen?.(taken.pickupGroup.id)}>
          {words.openGroup(taken.pickupGroup.name)}
        </Button>
      )}
    </TextField>
  );
}
