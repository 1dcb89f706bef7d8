import type { RefObject } from "react";
import { Button, FieldError, Input, Label, TextField } from "react-aria-components";

import type { BrokenRule } from "./save";
import { useWords } from "./useWords";

interface NameFieldProps {
  readonly name: string;
  readonly onChange: (name: string) => void;
  /** Called on Enter. */
  readonly onSubmit: () => void;
  readonly broken: readonly BrokenRule[];
  readonly isMissing: boolean;
  /** If the name is taken, then perhaps by a Save whose answer got lost. */
  readonly isUnsure: boolean;
  readonly isReadOnly: boolean;
  readonly inputRef: RefObject<HTMLInputElement | null>;
  readonly onOpen: (groupId: string) => void;
}

/** The name of the group, with the rules that it breaks. */
export function NameField({
  name,
  onChange,
  onSubmit,
  broken,
  isMissing,
  isUnsure,
  isReadOnly,
  inputRef,
  onOpen,
}: NameFieldProps) {
  const words = useWords();
  const taken = broken.find((one) => one.__typename === "NameTaken");
  const messages = [
    ...(isMissing ? [words.nameMissing] : []),
    ...broken.map((one) => one.message),
    ...(taken && isUnsure ? [words.perhapsMade] : []),
  ];
  return (
    <TextField
      className="field"
      value={name}
      onChange={onChange}
      isRequired
      isReadOnly={isReadOnly}
      isInvalid={messages.length > 0}
      validationBehavior="aria"
      onKeyDown={(event) => {
        if (event.key === "Enter") {
          onSubmit();
        }
      }}
    >
      <Label>{words.name}</Label>
      <Input ref={inputRef} className="input" autoComplete="off" />
      <FieldError className="violation">{messages.join(" ")}</FieldError>
      {taken?.__typename === "NameTaken" && (
        <Button className="button small" onPress={() => onOpen(taken.pickupGroup.id)}>
          {words.openGroup(taken.pickupGroup.name)}
        </Button>
      )}
    </TextField>
  );
}
