import { LabelExpression_Operator, type Selector } from "../../api/proto/weir/v1/resources_pb.ts";
import { formatLabel, type Label, labelProblem } from "../../labels/label.ts";
import { endpointSelector } from "../endpoint-selector.ts";
import type { EndpointSelector, SelectorExpression, SelectorLabel } from "../rule.ts";
import { checkedText, MalformedPolicy, understood } from "./checked.ts";

/** In canonical form, whatever the form that came. Throws MalformedPolicy. */
export function decodeSelector(message: Selector): EndpointSelector {
  const { labels, expressions } = understood(message, "a selector");
  return endpointSelector(
    labels.map((label): SelectorLabel => {
      const { source, key, value } = understood(label, "a label");
      return checkedLabel({ source, key, value });
    }),
    expressions.map((expression): SelectorExpression => {
      const { source, key, operator: number, values } = understood(expression, "an expression");
      const operator = operatorOf(number);
      for (const value of ["", ...values]) checkedLabel({ source, key, value });
      if (values.length > 0 && operator !== "In" && operator !== "NotIn") {
        throw new MalformedPolicy(`an expression with ${operator} has values`);
      }
      return { source, key, operator, values };
    }),
  );
}

/** The text of one condition must not be able to pass for that of another. */
function checkedLabel(label: Label): Label {
  const text = checkedText(formatLabel(label), "a label");
  const problem = labelProblem(label);
  if (problem !== undefined) throw new MalformedPolicy(`label ${JSON.stringify(text)}: ${problem}`);
  return label;
}

function operatorOf(operator: LabelExpression_Operator): SelectorExpression["operator"] {
  switch (operator) {
    case LabelExpression_Operator.IN:
      return "In";
    case LabelExpression_Operator.NOT_IN:
      return "NotIn";
    case LabelExpression_Operator.EXISTS:
      return "Exists";
    case LabelExpression_Operator.DOES_NOT_EXIST:
      return "DoesNotExist";
    default:
      throw new MalformedPolicy(`${operator} is no operator of an expression`);
  }
}
